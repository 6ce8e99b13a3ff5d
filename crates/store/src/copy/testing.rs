//! Copies as tests make them, of whatever database.

use tokio::sync::Notify;

use super::{Compared, CopyError, Progress, copy};
use crate::{Clock, Database};

pub(crate) fn assert_equal(compared: &[Compared]) {
    let different: Vec<_> = compared.iter().filter(|table| !table.is_equal()).collect();
    assert!(different.is_empty(), "{different:?}");
    assert!(compared.iter().any(|table| table.from.count > 0));
}

pub(crate) async fn copied(from: &Database, to: &Database) -> Result<Vec<Compared>, CopyError> {
    let clock = Clock::default();
    copy(from, to, &clock, &mut |_| {}).await
}

/// Copies until a step that is told by its number and the progress before it; whether there was none.
pub(crate) async fn copied_until(
    from: &Database,
    to: &Database,
    mut is_it: impl FnMut(usize, Progress) -> bool + Send,
) -> bool {
    let (stop, clock) = (Notify::new(), Clock::default());
    let mut step = 0;
    let mut notice = |progress| {
        if is_it(step, progress) {
            stop.notify_one();
        }
        step += 1;
    };
    tokio::select! {
        biased;
        () = stop.notified() => false,
        copied = copy(from, to, &clock, &mut notice) => {
            copied.unwrap();
            true
        }
    }
}
