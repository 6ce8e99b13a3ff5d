//! The program in a folder of its own: commands that end, a server that runs, and a client.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lanekeeper_testing::TestDatabase;
use reqwest::Method;
use reqwest::header::HeaderMap;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_lanekeeper");
/// Ends the screen of a server.
const SCREEN_END: &str = "Stop with Ctrl-C.\n";
/// How long a server may take to show its screen, also under strace on a busy machine.
const SCREEN_WITHIN: Duration = Duration::from_secs(30);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(2);

/// A database of a test's own, and a folder.
pub(crate) struct Place {
    pub(crate) database: TestDatabase,
}

impl Place {
    /// On the database that this run of the tests is about.
    pub(crate) fn new() -> Self {
        let database = TestDatabase::new();
        Self { database }
    }

    pub(crate) fn on_postgres() -> Self {
        let database = TestDatabase::on_postgres();
        Self { database }
    }

    /// On SQLite the database is in it.
    pub(crate) fn folder(&self) -> &Path {
        self.database.folder()
    }

    /// The program; it finds the database by the environment, which holds nothing else of ours.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_under(&[], args)
    }

    /// The program, started by another one, such as strace.
    pub(crate) fn command_under(&self, tracer: &[&str], args: &[&str]) -> Command {
        let words = [tracer, &[PROGRAM], args].concat();
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .current_dir(self.folder())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANEKEEPER_DATABASE", self.database.url())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        Ended::of(&mut self.command(args))
    }

    /// Runs a command that must succeed; what it printed.
    pub(crate) fn succeed(&self, args: &[&str]) -> String {
        let ended = self.run(args);
        assert_eq!(ended.status, Some(0), "{args:?}: {}", ended.stderr);
        ended.stdout
    }

    /// Runs a command that must succeed and print JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.succeed(args)).expect("JSON")
    }

    pub(crate) fn init(&self) -> Init {
        Init::of(&self.json(&["init", "--json"]))
    }

    /// The file of SQLite, for what is about it.
    pub(crate) fn open(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.database.file()).expect("the database opens")
    }

    /// Every file with its bytes.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = std::fs::read_dir(self.folder()).expect("the folder is read");
        let mut files: Vec<_> = entries
            .map(|entry| entry.expect("an entry").path())
            .map(|path| (path.clone(), std::fs::read(path).expect("a file is read")))
            .collect();
        files.sort();
        files
    }
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Self {
            status: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// It failed, and said why in one line for people.
    pub(crate) fn complaint(&self) -> &str {
        assert!(self.status.is_some_and(|status| status != 0));
        assert_eq!(self.stdout, "");
        let line = self.stderr.strip_suffix('\n').unwrap_or_default();
        let message = line.strip_prefix("lanekeeper: ");
        let is_one_line = !line.contains('\n');
        message
            .filter(|_| is_one_line)
            .unwrap_or_else(|| panic!("not one line from lanekeeper: {:?}", self.stderr))
    }
}

/// What `init --json` printed.
#[derive(Clone)]
pub(crate) struct Init {
    pub(crate) organization_id: String,
    pub(crate) pipeline_id: String,
    pub(crate) api_key: String,
}

impl Init {
    pub(crate) fn of(printed: &Value) -> Self {
        let text = |name: &str| printed[name].as_str().expect("a text").to_owned();
        Self {
            organization_id: text("organization_id"),
            pipeline_id: text("pipeline_id"),
            api_key: text("api_key"),
        }
    }

    /// A body that creates an opportunity.
    pub(crate) fn opportunity(&self, name: &str, domain: &str, email: &str) -> Value {
        json!({
            "pipeline_id": self.pipeline_id,
            "opportunity": {"name": name, "deal_size": 1200.5, "stage_name": "qualified"},
            "related_objects": {"account_domain": domain, "primary_contact_email": email},
        })
    }
}

/// What a process has written so far.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<String>>);

impl Written {
    /// Reads to the end, on a thread.
    fn follow(mut from: impl Read + Send + 'static) -> Self {
        let written = Self::default();
        let all = written.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(len @ 1..) = from.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..len]);
                all.0
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push_str(&text);
            }
        });
        written
    }

    pub(crate) fn text(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A running server. Dropped, it is killed.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    pub(crate) stdout: Written,
    pub(crate) stderr: Written,
}

impl Server {
    /// Serves the place's database at a free port, without a rate limit.
    pub(crate) async fn start(place: &Place) -> Self {
        Self::start_with(place, &[]).await
    }

    pub(crate) async fn start_with(place: &Place, args: &[&str]) -> Self {
        Self::start_under(place, &[], args).await
    }

    /// Serves under a tracer that makes way for the program: it must be this process's child.
    pub(crate) async fn start_under(place: &Place, tracer: &[&str], args: &[&str]) -> Self {
        let fixed = ["serve", "--listen", "127.0.0.1:0", "--rate-limit", "off"];
        Self::spawn(&mut place.command_under(tracer, &[&fixed, args].concat())).await
    }

    /// Starts a server and waits for its screen.
    pub(crate) async fn spawn(command: &mut Command) -> Self {
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("the program starts");
        let stdout = Written::follow(child.stdout.take().expect("a pipe"));
        let stderr = Written::follow(child.stderr.take().expect("a pipe"));
        let mut server = Self {
            child,
            address: String::new(),
            stdout,
            stderr,
        };
        let until = Instant::now() + SCREEN_WITHIN;
        while !server.stdout.text().ends_with(SCREEN_END) {
            let ended = server.child.try_wait().expect("the child is ours");
            let said = (server.stdout.text(), server.stderr.text());
            assert!(ended.is_none(), "{ended:?} {said:?}");
            assert!(Instant::now() < until, "no screen: {said:?}");
            sleep(LOOK_AGAIN_AFTER).await;
        }
        let screen = server.stdout.text();
        let address = screen.split_once("http://").expect("an address").1;
        let address = address.split_whitespace().next().expect("an address");
        server.address = format!("http://{address}");
        server
    }

    pub(crate) fn client(&self, key: &str) -> Client {
        Client {
            http: reqwest::Client::new(),
            address: self.address.clone(),
            key: key.to_owned(),
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the process is there");
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits until the process has ended.
    pub(crate) async fn ended(&mut self, within: Duration) -> ExitStatus {
        let until = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().expect("the child is ours") {
                return status;
            }
            assert!(
                Instant::now() < until,
                "still running after {within:?}: {}",
                self.stderr.text()
            );
            sleep(LOOK_AGAIN_AFTER).await;
        }
    }

    /// Stops it as an impatient operator does; it must end well.
    pub(crate) async fn stop(mut self) {
        self.signal(Signal::INT);
        let status = self.ended(Duration::from_secs(20)).await;
        assert_eq!(status.code(), Some(0), "{}", self.stderr.text());
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        drop(self.child.kill());
        self.child.wait().expect("the child is ours");
    }

    /// Waits until `/readyz` says yes.
    pub(crate) async fn ready(&self) {
        let until = Instant::now() + SCREEN_WITHIN;
        let client = self.client("");
        while !matches!(
            client.try_get("/readyz").await,
            Ok(Answer { status: 200, .. })
        ) {
            assert!(Instant::now() < until, "not ready");
            sleep(LOOK_AGAIN_AFTER).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Somebody with a key, on connections of their own.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    address: String,
    key: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn data(&self) -> &Value {
        &self.body["data"]
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }
}

impl Client {
    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.try_get(target).await.expect("an answer")
    }

    pub(crate) async fn try_get(&self, target: &str) -> reqwest::Result<Answer> {
        self.send(Method::GET, target, None, None).await
    }

    pub(crate) async fn post(&self, target: &str, body: &Value) -> Answer {
        self.try_post(target, body).await.expect("an answer")
    }

    pub(crate) async fn try_post(&self, target: &str, body: &Value) -> reqwest::Result<Answer> {
        self.send(Method::POST, target, Some(body), None).await
    }

    pub(crate) async fn delete(&self, target: &str) -> Answer {
        let answer = self.send(Method::DELETE, target, None, None).await;
        answer.expect("an answer")
    }

    /// A write that happens once, however often it is sent.
    pub(crate) async fn try_post_once(
        &self,
        target: &str,
        body: &Value,
        idempotency_key: &str,
    ) -> reqwest::Result<Answer> {
        self.send(Method::POST, target, Some(body), Some(idempotency_key))
            .await
    }

    async fn send(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
        idempotency_key: Option<&str>,
    ) -> reqwest::Result<Answer> {
        let url = format!("{}{target}", self.address);
        let mut request = self
            .http
            .request(method, url)
            .header("x-api-key", &self.key)
            .timeout(Duration::from_secs(60));
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.json().await?;
        Ok(Answer {
            status,
            headers,
            body,
        })
    }
}
