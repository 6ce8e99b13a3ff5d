//! What strace noted, as events in order.

use std::collections::BTreeMap;

/// Something that happened to a file of the database, or an answer that left.
#[derive(Debug)]
pub(super) enum Event {
    Write {
        file: String,
        at: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        file: String,
        len: usize,
    },
    Unlink {
        file: String,
    },
    /// A sync was asked for: what was written before is in it.
    SyncBegun {
        file: String,
        thread: u32,
    },
    /// The thread's sync is done.
    SyncDone {
        file: String,
        thread: u32,
    },
    /// An HTTP answer that says that something was created.
    Answer,
}

/// Reads lines such as `12 pwrite64(9</tmp/crm.db-wal>, "\x12…", 24, 4096) = 24`, whose strings are in hexadecimal. A call
/// that another thread's call interrupts in the trace is on two lines.
pub(super) fn events(trace: &str) -> Vec<Event> {
    let mut events = vec![];
    let mut unfinished: BTreeMap<u32, String> = BTreeMap::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else {
            continue;
        };
        let thread: u32 = thread.parse().expect("strace -f writes the thread first");
        let call = call.trim_start();
        if let Some(begun) = call.strip_suffix(" <unfinished ...>") {
            events.extend(begin(thread, begun));
            unfinished.insert(thread, begun.to_owned());
        } else if let Some((_, rest)) = call.split_once(" resumed>") {
            let begun = unfinished.remove(&thread).unwrap_or_default();
            events.extend(end(thread, &(begun + rest)));
        } else {
            events.extend(begin(thread, call));
            events.extend(end(thread, call));
        }
    }
    events
}

/// What holds as soon as the call is made: an answer may have left.
fn begin(thread: u32, call: &str) -> Option<Event> {
    let (name, arguments) = call.split_once('(')?;
    match name {
        "fsync" | "fdatasync" => Some(Event::SyncBegun {
            file: database_file(arguments)?,
            thread,
        }),
        "write" | "writev" | "sendto" => {
            let created: String = b"HTTP/1.1 201"
                .iter()
                .map(|byte| format!("\\x{byte:02x}"))
                .collect();
            arguments.contains(&created).then_some(Event::Answer)
        }
        _ => None,
    }
}

/// What holds once the call is done.
fn end(thread: u32, call: &str) -> Option<Event> {
    let (call, result) = call.rsplit_once(" = ")?;
    let result: usize = result.split_whitespace().next()?.parse().ok()?;
    let (name, arguments) = call.trim_end().strip_suffix(')')?.split_once('(')?;
    match name {
        "pwrite64" => {
            let file = database_file(arguments)?;
            let mut numbers = arguments.rsplit(", ");
            let at = numbers.next()?.parse().ok()?;
            let mut bytes = unhex(arguments.split('"').nth(1)?);
            bytes.truncate(result);
            assert_eq!(bytes.len(), result, "strace has cut a write");
            Some(Event::Write { file, at, bytes })
        }
        "ftruncate" => {
            let file = database_file(arguments)?;
            let len = arguments.rsplit(", ").next()?.parse().ok()?;
            Some(Event::Truncate { file, len })
        }
        "unlink" => {
            let path = unhex(arguments.split('"').nth(1)?);
            let file = file_of(&String::from_utf8(path).ok()?)?;
            Some(Event::Unlink { file })
        }
        "fsync" | "fdatasync" => Some(Event::SyncDone {
            file: database_file(arguments)?,
            thread,
        }),
        _ => None,
    }
}

/// The name of the file behind the first argument, `9</tmp/crm.db>`, if it is one of the database's.
fn database_file(arguments: &str) -> Option<String> {
    let path = arguments.split_once('<')?.1.split_once('>')?.0;
    let path = match path.contains("\\x") {
        true => String::from_utf8(unhex(path)).ok()?,
        false => path.to_owned(),
    };
    file_of(&path)
}

fn file_of(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    let is_kept = name.starts_with("crm.db") && !name.ends_with("-shm");
    is_kept.then(|| name.to_owned())
}

/// The bytes of `\x12\xab…`.
fn unhex(text: &str) -> Vec<u8> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit - b'a' + 10,
    };
    let bytes = text.as_bytes().chunks_exact(4);
    bytes
        .map(|byte| digit(byte[2]) * 16 + digit(byte[3]))
        .collect()
}

#[test]
fn a_call_on_two_lines_is_one_event_and_what_comes_between_is_before_its_end() {
    let trace = r#"
7 pwrite64(9</tmp/x/crm.db-wal>, "\x01\x02\x03", 3, 4096 <unfinished ...>
8 fdatasync(9</tmp/x/crm.db-wal>) = 0
7 <... pwrite64 resumed>) = 2
8 pwrite64(9</tmp/x/crm.db-shm>, "\x01", 1, 0) = 1
8 writev(12<socket:[77]>, [{iov_base="\x48\x54\x54\x50\x2f\x31\x2e\x31\x20\x32\x30\x31", iov_len=12}], 1) = 12
8 pwrite64(9</tmp/x/crm.db>, "\x01", 1, 0) = -1 EIO (Input/output error)"#;

    let events = events(trace);

    assert!(
        matches!(
            &events[..],
            [
                Event::SyncBegun { .. },
                Event::SyncDone { .. },
                Event::Write { file, at: 4096, bytes },
                Event::Answer,
            ] if file == "crm.db-wal" && bytes == &[1, 2]
        ),
        "{events:?}"
    );
}
