mod duplicates;
mod grammar;
mod laws;
mod limits;
mod messages;
mod numbers;
mod tables;

use serde_json::Value;

use super::check;

type Seen = Result<(), (&'static str, Option<String>)>;

/// The answer to a body as a caller sees it.
fn seen(body: impl AsRef<[u8]>) -> Seen {
    check(body.as_ref()).map_err(|fault| (fault.code(), fault.pointer().map(str::to_owned)))
}

fn refused(code: &'static str, pointer: &str) -> Seen {
    Err((
        code,
        Some(pointer.to_owned()).filter(|path| !path.is_empty()),
    ))
}

fn message(body: impl AsRef<[u8]>) -> String {
    check(body.as_ref()).unwrap_err().to_string()
}

fn code(body: impl AsRef<[u8]>) -> &'static str {
    check(body.as_ref()).unwrap_err().code()
}

fn serde_json_accepts(body: impl AsRef<[u8]>) -> bool {
    serde_json::from_slice::<Value>(body.as_ref()).is_ok()
}

/// `{"k0":0,"k1":0,…}`
fn object_of(members: usize) -> String {
    let members: Vec<String> = (0..members).map(|n| format!("\"k{n}\":0")).collect();
    format!("{{{}}}", members.join(","))
}
