//! Whether the database can be reached, and who else has committed: one connection that listens, and is asked again and again
//! whether it still hears.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_postgres::{AsyncMessage, Client};

use super::outbox::Outbox;
use super::{PostgresUrl, connection};
use crate::Org;
use crate::commits::Commits;
use crate::known_keys::KnownKeys;

/// How often the database is asked, and how soon it has to answer: whoever waits for it is told within a second.
const ASKED_EVERY: Duration = Duration::from_millis(200);
const ANSWERED_WITHIN: Duration = Duration::from_millis(500);
/// Why a database is taken to be away.
pub(super) const SILENT: &str = "it does not answer";
/// Where servers tell each other of commits, and that a key was revoked.
pub(super) const CHANNEL: &str = "lanekeeper_commits";
/// What is told when a key was revoked.
pub(super) const KEY_REVOKED: &str = "key revoked";

/// What is known of the way to the database.
#[derive(Clone)]
pub(super) struct Health {
    state: watch::Receiver<bool>,
    outbox: Arc<Outbox>,
    tasks: Arc<[AbortHandle]>,
}

impl Health {
    /// Watches the database, and passes commits on over the pool, until it is told to stop.
    pub(super) fn watch(
        url: PostgresUrl,
        commits: Commits,
        known_keys: Arc<KnownKeys>,
        pool: Pool,
    ) -> Self {
        let (sender, state) = watch::channel(true);
        let outbox = Arc::new(Outbox::default());
        let watcher = Watcher {
            url,
            commits,
            known_keys,
            state: sender,
        };
        let watching = tokio::spawn(watcher.run());
        let passed_on = Arc::clone(&outbox);
        let passing_on = tokio::spawn(async move { passed_on.pass_on(&pool).await });
        let tasks = [watching.abort_handle(), passing_on.abort_handle()];
        Self {
            state,
            outbox,
            tasks: Arc::new(tasks),
        }
    }

    /// For a short command, which finds out by itself.
    pub(super) fn unwatched() -> Self {
        Self {
            state: watch::channel(true).1,
            outbox: Arc::default(),
            tasks: Arc::new([]),
        }
    }

    /// Why it is not to be tried at the moment.
    pub(super) fn check(&self) -> Result<(), String> {
        match *self.state.borrow() {
            true => Ok(()),
            false => Err(SILENT.to_owned()),
        }
    }

    /// Waits until the database does not answer any more.
    pub(super) async fn lost(&self) {
        let mut state = self.state.clone();
        if state.wait_for(|reached| !reached).await.is_err() {
            // Nobody watches: it is not lost as far as anybody knows.
            std::future::pending::<()>().await;
        }
    }

    /// Tells the other servers, soon.
    pub(super) fn tell(&self, org: Org, sequence: i64) {
        if !self.tasks.is_empty() {
            self.outbox.put(org, sequence);
        }
    }

    /// Tells the other servers that a key was revoked, soon.
    pub(super) fn tell_revocation(&self) {
        if !self.tasks.is_empty() {
            self.outbox.put_revocation();
        }
    }

    /// Tells what is left to tell, and ends.
    pub(super) async fn stop(&self) {
        self.outbox.emptied().await;
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

struct Watcher {
    url: PostgresUrl,
    commits: Commits,
    known_keys: Arc<KnownKeys>,
    state: watch::Sender<bool>,
}

impl Watcher {
    async fn run(self) {
        loop {
            let ended = self.listen().await;
            if self.state.send_replace(false) {
                tracing::error!(reason = ended, "the database cannot be reached");
            }
            sleep(ASKED_EVERY).await;
        }
    }

    /// Listens until the connection is lost; why it was.
    async fn listen(&self) -> String {
        let config = connection::config(&self.url);
        let connected = timeout(ANSWERED_WITHIN, config.connect(self.url.connector())).await;
        let (client, mut incoming) = match connected {
            Ok(Ok(connected)) => connected,
            Ok(Err(error)) => return crate::error::chain(&error),
            Err(_) => return SILENT.to_owned(),
        };
        let hear = async {
            loop {
                match poll_fn(|context| incoming.poll_message(context)).await {
                    Some(Ok(AsyncMessage::Notification(heard))) => self.heard(heard.payload()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return crate::error::chain(&error),
                    None => return "it closed the connection".to_owned(),
                }
            }
        };
        tokio::select! {
            reason = hear => reason,
            reason = self.ask(&client) => reason,
        }
    }

    /// Asks again and again; why there was no answer.
    async fn ask(&self, client: &Client) -> String {
        let listen = format!("listen {CHANNEL}");
        let mut question = listen.as_str();
        let mut ticks = interval(ASKED_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match timeout(ANSWERED_WITHIN, client.batch_execute(question)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return crate::error::chain(&error),
                Err(_) => return SILENT.to_owned(),
            }
            if question == listen {
                question = "select 1";
                // What was committed while nobody listened is looked for by all who wait.
                self.commits.wake_all();
            }
            if !self.state.send_replace(true) {
                tracing::info!("the database can be reached again");
            }
        }
    }

    fn heard(&self, payload: &str) {
        if payload == KEY_REVOKED {
            return self.known_keys.forget();
        }
        let parts = payload.split_once(' ');
        let parsed =
            parts.and_then(|(org, sequence)| Some((org.parse().ok()?, sequence.parse().ok()?)));
        if let Some((id, sequence)) = parsed {
            self.commits.tell(Org::new(0, id), sequence);
        }
    }
}
