//! `POST /v1/{accounts,contacts}/{id}/merge`.

use lanekeeper_core::Faults;
use lanekeeper_core::command::{Command, MERGE_LEN_MAX, MergeRecords, Target};
use lanekeeper_core::plan::Item;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::read::{Members, id, join};
use crate::value::entries;

/// Reads which records are to be merged into the one that the path names.
#[must_use]
pub fn read(target: Target, body: Json) -> Item {
    let mut faults = Faults::default();
    let from = read_from(body, &mut faults);
    let merge = from.map(|from| MergeRecords { target, from });
    Item {
        command: merge.map(|merge| Command::MergeRecords(Box::new(merge))),
        faults,
    }
}

fn read_from(body: Json, faults: &mut Faults) -> Option<Vec<Uuid>> {
    let mut members = Members::of(body, "", faults)?;
    let json = members.required("from", faults);
    for member in members.rest() {
        faults.add(member.shown_path, "is not allowed here; allowed is from");
    }
    let entries = entries(json?, "from", "an array of ids", faults)?;
    if !(1..=MERGE_LEN_MAX).contains(&entries.len()) {
        let len = entries.len();
        faults.add("from", format!("has {len} ids; send 1 to {MERGE_LEN_MAX}"));
        return None;
    }
    let ids = entries.into_iter().enumerate();
    let ids = ids.filter_map(|(index, entry)| id(entry, &join("from", index), faults));
    Some(ids.collect())
}
