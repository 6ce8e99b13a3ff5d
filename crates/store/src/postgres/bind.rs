//! What statements are bound to, as PostgreSQL takes it.

use std::error::Error;

use bytes::BytesMut;
use lanekeeper_core::query::Atom;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::search::Bind;

/// The type of a bound value.
pub(super) fn type_of(bind: &Bind) -> Type {
    match bind {
        Bind::Atom(Atom::Text(_)) => Type::TEXT,
        Bind::Atom(Atom::Number(_)) => Type::FLOAT8,
        Bind::Atom(Atom::Whole(_)) => Type::INT8,
        Bind::Atom(Atom::Id(_)) => Type::UUID,
        Bind::Bytes(_) => Type::BYTEA,
        Bind::List(list) => match type_of(list.first().expect("a list has an entry")) {
            Type::TEXT => Type::TEXT_ARRAY,
            Type::FLOAT8 => Type::FLOAT8_ARRAY,
            Type::INT8 => Type::INT8_ARRAY,
            Type::UUID => Type::UUID_ARRAY,
            Type::BYTEA => Type::BYTEA_ARRAY,
            other => unreachable!("there are no lists of {other}"),
        },
    }
}

impl ToSql for Bind {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Atom(Atom::Text(text)) => text.to_sql(ty, out),
            Self::Atom(Atom::Number(number)) => number.to_sql(ty, out),
            Self::Atom(Atom::Whole(whole)) => whole.to_sql(ty, out),
            Self::Atom(Atom::Id(id)) => id.to_sql(ty, out),
            Self::Bytes(bytes) => bytes.to_sql(ty, out),
            Self::List(list) => list.to_sql(ty, out),
        }
    }

    /// Whatever [`type_of`] says.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
