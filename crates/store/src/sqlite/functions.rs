//! Functions of the core that statements call, so that the database compares texts exactly as the core does.

use lanekeeper_core::query::phone_digits;
use lanekeeper_core::record::contact_name;
use lanekeeper_core::text::fold;
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};

use super::index_text;

/// Makes them known to a connection. Nothing that is stored depends on them: no index, no generated column.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection
        .create_scalar_function("fold", 1, flags, |context| Ok(text(context, 0)?.map(fold)))?;
    connection.create_scalar_function("phone_digits", 1, flags, |context| {
        Ok(text(context, 0)?.map(phone_digits))
    })?;
    // A text, and words in lines.
    connection.create_scalar_function("has_words", 2, flags, |context| {
        let words = text(context, 1)?.unwrap_or_default();
        Ok(text(context, 0)?.is_some_and(|text| {
            let text = fold(text);
            words.split('\n').all(|word| text.contains(word))
        }))
    })?;
    // Of an organisation, the text that waits for the index, and whether it is a changed one.
    connection.create_scalar_function("index_tokens", 3, flags, |context| {
        let (org, is_changed) = (context.get(0)?, context.get(2)?);
        let body = text(context, 1)?.unwrap_or_default();
        Ok(index_text::tokens(org, body, is_changed))
    })?;
    // Of full name, first name, last name and address; null without an address, which every contact has.
    connection.create_scalar_function("contact_name", 4, flags, |context| {
        let part = |index| Ok::<_, rusqlite::Error>(text(context, index)?.unwrap_or_default());
        let Some(email) = text(context, 3)? else {
            return Ok(None);
        };
        Ok(Some(contact_name(part(0)?, part(1)?, part(2)?, email)))
    })
}

fn text<'a>(context: &'a Context, index: usize) -> rusqlite::Result<Option<&'a str>> {
    Ok(context.get_raw(index).as_str_or_null()?)
}
