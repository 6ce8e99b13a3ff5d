//! The words that a record has to have, held against its texts.

use lanekeeper_core::Object;
use lanekeeper_core::query::TextSearch;

use super::dialect::Dialect;
use super::expression::{ACCOUNT, Builder, CONTACT};

/// Fewest characters that the index of texts finds.
const INDEXED_CHARS_MIN: usize = 3;

/// Whether the index of texts finds words of that length.
pub(super) fn is_indexed(word: &str) -> bool {
    word.chars().count() >= INDEXED_CHARS_MIN
}

/// Every word is in the record's texts, or the digits in its telephone number.
pub(super) fn words(text: &TextSearch, object: Object, sql: &mut Builder) -> String {
    let (dialect, texts) = (sql.dialect, texts(object, sql));
    let words = text
        .words
        .iter()
        .map(|word| dialect.contains(&texts, &sql.bind(word.clone())));
    let words: Vec<String> = words.collect();
    let words = words.join(" and ");
    let (Some(digits), Object::Contact) = (&text.digits, object) else {
        return format!("({words})");
    };
    let digits = sql.bind(digits.clone());
    match dialect {
        Dialect::Sqlite => {
            format!("(({words}) or ifnull(instr(phone_digits(r.phone), {digits}), 0) > 0)")
        }
        Dialect::Postgres => format!("(({words}) or strpos(t.digits, {digits}) > 0)"),
    }
}

/// The texts that words are looked for in, folded: those of the record, and of what an opportunity refers to.
fn texts(object: Object, sql: &mut Builder) -> String {
    match sql.dialect {
        Dialect::Sqlite => folded_now(object, sql),
        Dialect::Postgres => folded_before(object, sql),
    }
}

fn folded_now(object: Object, sql: &mut Builder) -> String {
    let parts: &[&str] = match object {
        Object::Account => &["r.name", "r.domain"],
        Object::Contact => &["r.full_name", "r.first_name", "r.last_name", "r.email"],
        Object::Note => &["r.title", "r.content"],
        Object::Activity => &["r.title", "r.description"],
        Object::Opportunity => {
            sql.join(ACCOUNT);
            sql.join(CONTACT);
            &[
                "r.name",
                "a.name",
                "a.domain",
                "c.full_name",
                "c.first_name",
                "c.last_name",
                "c.email",
            ]
        }
    };
    let parts: Vec<String> = parts
        .iter()
        .map(|part| format!("ifnull({part}, '')"))
        .collect();
    format!("fold({})", parts.join(" || char(10) || "))
}

/// From the tables that the index of texts is on. No word goes over the end of a line.
fn folded_before(object: Object, sql: &mut Builder) -> String {
    const ACCOUNT_TEXT: &str =
        "left join account_text ta on ta.org = r.org and ta.record = r.account_id";
    const CONTACT_TEXT: &str =
        "left join contact_text tc on tc.org = r.org and tc.record = r.contact_id";
    sql.join(match object {
        Object::Account => "join account_text t on t.org = r.org and t.record = r.id",
        Object::Contact => "join contact_text t on t.org = r.org and t.record = r.id",
        Object::Opportunity => "join opportunity_text t on t.org = r.org and t.record = r.id",
        Object::Note => "join note_text t on t.org = r.org and t.record = r.id",
        Object::Activity => "join activity_text t on t.org = r.org and t.record = r.id",
    });
    if object != Object::Opportunity {
        return "t.body".to_owned();
    }
    sql.join(ACCOUNT_TEXT);
    sql.join(CONTACT_TEXT);
    r"concat_ws(e'\n', t.body, ta.body, tc.body)".to_owned()
}
