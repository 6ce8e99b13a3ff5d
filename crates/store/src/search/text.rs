//! The words that a record has to have, held against its texts.

use lanekeeper_core::Object;
use lanekeeper_core::query::TextSearch;

use super::dialect::Dialect;
use super::expression::Builder;

/// Fewest characters that the index of texts finds.
const INDEXED_CHARS_MIN: usize = 3;

/// Whether the index of texts finds words of that length.
pub(super) fn is_indexed(word: &str) -> bool {
    word.chars().count() >= INDEXED_CHARS_MIN
}

/// Every word is in the record's texts, or the digits in its telephone number.
pub(super) fn words(text: &TextSearch, object: Object, sql: &mut Builder) -> String {
    let words = match sql.dialect {
        Dialect::Sqlite => in_texts_now(&text.words, object, sql),
        Dialect::Postgres => in_texts_before(&text.words, object, sql),
    };
    let (Some(digits), Object::Contact) = (&text.digits, object) else {
        return format!("({words})");
    };
    let digits = sql.bind(digits.clone());
    match sql.dialect {
        Dialect::Sqlite => {
            format!("({words} or ifnull(instr(phone_digits(r.phone), {digits}), 0) > 0)")
        }
        Dialect::Postgres => format!("(({words}) or strpos(t.digits, {digits}) > 0)"),
    }
}

/// In texts that are folded now: those of the record, and only if these have not all, of what an opportunity refers to.
fn in_texts_now(words: &[String], object: Object, sql: &mut Builder) -> String {
    let words = sql.bind(words.join("\n"));
    let own = match object {
        Object::Account => lines(&["r.name", "r.domain"]),
        Object::Contact => lines(&["r.full_name", "r.first_name", "r.last_name", "r.email"]),
        Object::Note => lines(&["r.title", "r.content"]),
        Object::Activity => lines(&["r.title", "r.description"]),
        Object::Opportunity => lines(&["r.name"]),
    };
    let has_words = |texts: &str| format!("has_words({texts}, {words})");
    if object != Object::Opportunity {
        return has_words(&own);
    }
    let account = lines(&["a.name", "a.domain"]);
    let account =
        format!("(select {account} from account a where a.org = r.org and a.id = r.account_id)");
    let contact = lines(&["c.full_name", "c.first_name", "c.last_name", "c.email"]);
    let contact =
        format!("(select {contact} from contact c where c.org = r.org and c.id = r.contact_id)");
    let all = lines(&["r.name", &account, &contact]);
    format!("({} or {})", has_words(&own), has_words(&all))
}

/// Texts one below the other: no word goes over the end of a line.
fn lines(texts: &[&str]) -> String {
    let texts = texts.iter().map(|text| format!("ifnull({text}, '')"));
    texts.collect::<Vec<_>>().join(" || char(10) || ")
}

fn in_texts_before(words: &[String], object: Object, sql: &mut Builder) -> String {
    let texts = folded_before(object, sql);
    let words = words.iter().map(|word| {
        let word = sql.bind(word.clone());
        sql.dialect.contains(&texts, &word)
    });
    words.collect::<Vec<_>>().join(" and ")
}

/// The texts that words are looked for in, folded, from the tables that the index of texts is on.
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
