//! A disk that forgets: files as they were synced, and the writes since.

use std::collections::BTreeMap;

use super::trace::Event;

/// The files of a folder.
#[derive(Default)]
pub(super) struct Disk(BTreeMap<String, File>);

#[derive(Default)]
struct File {
    synced: Vec<u8>,
    /// Writes since, in order.
    pending: Vec<Pending>,
    /// How many of them each thread's sync that is under way will keep.
    syncing: BTreeMap<u32, usize>,
}

enum Pending {
    Write { at: usize, bytes: Vec<u8> },
    Truncate { len: usize },
}

impl Disk {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::Write { file, at, bytes } => self.file(file).pending.push(Pending::Write {
                at: *at,
                bytes: bytes.clone(),
            }),
            Event::Truncate { file, len } => {
                self.file(file)
                    .pending
                    .push(Pending::Truncate { len: *len });
            }
            Event::Unlink { file } => drop(self.0.remove(file)),
            Event::SyncBegun { file, thread } => {
                let file = self.file(file);
                file.syncing.insert(*thread, file.pending.len());
            }
            Event::SyncDone { file, thread } => self.file(file).sync(*thread),
            Event::Answer => {}
        }
    }

    fn file(&mut self, name: &str) -> &mut File {
        self.0.entry(name.to_owned()).or_default()
    }

    /// The files as they may be found after a cut now.
    pub(super) fn after_cut(&self, random: &mut fastrand::Rng) -> Vec<(&str, Vec<u8>)> {
        let files = self.0.iter();
        files
            .map(|(name, file)| (name.as_str(), file.after_cut(random)))
            .collect()
    }
}

impl File {
    fn sync(&mut self, thread: u32) {
        let kept = self.syncing.remove(&thread).unwrap_or_default();
        for pending in self.pending.drain(..kept) {
            apply(&mut self.synced, &pending);
        }
        for others in self.syncing.values_mut() {
            *others = others.saturating_sub(kept);
        }
    }

    /// What was synced; of the rest nothing, the first few writes, or of each block (512 or 4,096 bytes) the first few.
    fn after_cut(&self, random: &mut fastrand::Rng) -> Vec<u8> {
        let mut found = self.synced.clone();
        let len = self.pending.len();
        match random.u8(0..4) {
            0 => {}
            1 => {
                let kept = random.usize(0..=len);
                self.pending[..kept]
                    .iter()
                    .for_each(|pending| apply(&mut found, pending));
            }
            2 => self.lose_blocks(512, &mut found, random),
            _ => self.lose_blocks(4096, &mut found, random),
        }
        found
    }

    fn lose_blocks(&self, block_len: usize, found: &mut Vec<u8>, random: &mut fastrand::Rng) {
        let len = self.pending.len();
        let mut sized = found.clone();
        let kept = random.usize(0..=len);
        self.pending[..kept]
            .iter()
            .for_each(|pending| apply(&mut sized, pending));
        found.resize(sized.len(), 0);
        let mut stops: BTreeMap<usize, usize> = BTreeMap::new();
        for (number, pending) in self.pending.iter().enumerate() {
            let Pending::Write { at, bytes } = pending else {
                continue;
            };
            let end = (at + bytes.len()).min(found.len());
            let mut from = *at;
            while from < end {
                let block = from / block_len;
                let to = end.min((block + 1) * block_len);
                let stop = *stops.entry(block).or_insert_with(|| random.usize(0..=len));
                if number < stop {
                    found[from..to].copy_from_slice(&bytes[from - at..to - at]);
                }
                from = to;
            }
        }
    }
}

fn apply(file: &mut Vec<u8>, pending: &Pending) {
    match pending {
        Pending::Write { at, bytes } => {
            let end = at + bytes.len();
            file.resize(file.len().max(end), 0);
            file[*at..end].copy_from_slice(bytes);
        }
        Pending::Truncate { len } => file.resize(*len, 0),
    }
}

/// A disk that syncs nothing must be seen to lose something, or the tests on it prove nothing.
#[test]
fn what_was_not_synced_may_be_lost_and_what_was_synced_is_not() {
    let write = |at, byte| Event::Write {
        file: "crm.db".to_owned(),
        at,
        bytes: vec![byte; 4096],
    };
    let file = || "crm.db".to_owned();
    let mut disk = Disk::default();
    disk.note(&write(0, 1));
    disk.note(&Event::SyncBegun {
        file: file(),
        thread: 7,
    });
    disk.note(&write(4096, 2));
    disk.note(&Event::SyncDone {
        file: file(),
        thread: 7,
    });
    let mut random = fastrand::Rng::with_seed(1);

    let cuts: Vec<Vec<u8>> = (0..100)
        .map(|_| disk.after_cut(&mut random).remove(0).1)
        .collect();

    assert!(cuts.iter().all(|bytes| bytes[..4096] == [1; 4096]));
    assert!(cuts.iter().any(|bytes| bytes.len() == 4096));
    assert!(
        cuts.iter()
            .any(|bytes| bytes.len() == 8192 && bytes[8191] == 2)
    );
    assert!(
        cuts.iter()
            .any(|bytes| bytes.len() == 8192 && bytes[8191] == 0)
    );
}
