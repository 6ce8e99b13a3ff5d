//! D: numbers and times.

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::expected::{Expected, bad_json, invalid, taken};
use super::row::{Row, acc, activity, opp, post, row, run};
use super::{Story, tell};
use crate::support::TestApp;

#[tokio::test]
async fn numbers_and_times_are_kept_exactly_or_refused() {
    run(&TestApp::new().await, rows()).await;
    tell(stories()).await;
}

pub(super) fn stories() -> Vec<Story> {
    vec![("D04", || sums_are_rounded_to_four_decimals().boxed())]
}

/// The sums of doubles would end in digits of no meaning; rounded before it is added, a small one would be lost.
async fn sums_are_rounded_to_four_decimals() {
    let app = TestApp::new().await;
    let leads = vec![("Lead", 0.1); 30];
    let won = [-0.1, -0.2, 0.00004, 0.00002].map(|deal_size| ("Won", deal_size));
    for (stage, deal_size) in leads.into_iter().chain(won) {
        let deal = json!({"stage_name": stage, "deal_size": deal_size});
        assert_eq!(app.create(deal, json!({})).await.status, 201);
    }

    let target = format!("/v1/pipelines/{}/summary", app.tenant.pipeline_id);
    let summary = app.get(&target).await;

    let sums = |at: &str| summary.data().pointer(at).cloned().unwrap_or_default();
    assert_eq!(sums("/stages/0/deal_size_sum"), json!(3));
    assert_eq!(sums("/stages/0/deal_size_weighted_sum"), json!(0.3));
    assert_eq!(sums("/stages/4/deal_size_sum"), json!(-0.2999));
    assert_eq!(sums("/totals/deal_size_sum"), json!(2.7001));
    assert_eq!(sums("/totals/deal_size_weighted_sum"), json!(0.0001));
}

pub(super) fn rows() -> Vec<Row> {
    [
        deal_sizes(),
        custom_numbers(),
        close_dates(),
        years(),
        stages(),
        times(),
        times_of_activities(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn deal_sizes() -> Vec<Row> {
    const HERE: &str = "opportunity.deal_size";
    let kept = |value: Value| taken(201).with("/deal_size", value);
    let not_exact = || bad_json("number_not_exact", HERE);
    let cases: Vec<(&'static str, &str, Expected)> = vec![
        ("D01", "1e400", bad_json("number_out_of_range", HERE)),
        ("D01", "-1e400", bad_json("number_out_of_range", HERE)),
        ("D02", "1e308", kept(json!(1e308))),
        ("D02", "1e16", kept(json!(1e16))),
        ("D03", "9007199254740993", not_exact()),
        ("D03", "-9007199254740993", not_exact()),
        ("D03", "9007199254740993.0", not_exact()),
        (
            "D03",
            "9007199254740992",
            kept(json!(9_007_199_254_740_992_i64)),
        ),
        ("D04", "0.1", kept(json!(0.1))),
        ("D05", "1.123456789", kept(json!(1.123456789))),
        ("D06", "-0", kept(json!(0))),
        ("D06", "-0.0", kept(json!(0))),
        ("D07", "-5", kept(json!(-5))),
    ];
    let rows = cases.into_iter();
    let rows =
        rows.map(|(id, size, expected)| row(id, opp(&format!(r#""deal_size":{size}"#)), expected));
    rows.collect()
}

fn custom_numbers() -> Vec<Row> {
    const HERE: &str = "opportunity.custom_attributes.long";
    let custom = |number: &str| opp(&format!(r#""custom_attributes":{{"long":{number}}}"#));
    vec![
        row(
            "D08",
            custom("123456789012345678901234567890"),
            bad_json("number_not_exact", HERE),
        ),
        row(
            "D08",
            custom("0.12345678901234567890123456789"),
            bad_json("number_not_exact", HERE),
        ),
        row(
            "D08",
            custom(&"9".repeat(4_000)),
            bad_json("number_out_of_range", HERE),
        ),
        row(
            "D08",
            custom(&format!("0.{}", "9".repeat(4_000))),
            bad_json("number_not_exact", HERE),
        ),
    ]
}

fn close_dates() -> Vec<Row> {
    const HERE: &str = "opportunity.close_date";
    let kept = |seconds: i64| taken(201).with("/close_date", seconds);
    let milliseconds = || invalid(HERE).saying("send seconds");
    let cases: Vec<(&'static str, &str, Expected)> = vec![
        ("D09", "1.0", kept(1)),
        ("D09", "1e3", kept(1_000)),
        ("D10", "1.5", invalid(HERE).saying("is not whole")),
        (
            "D11",
            r#""1700000000""#,
            invalid(HERE).saying("is a string"),
        ),
        (
            "D11",
            r#""2026-01-01""#,
            invalid(HERE).saying("is a string"),
        ),
        ("D12", "1700000000000", milliseconds()),
        ("D13", "253402300800", milliseconds()),
        (
            "D13",
            "9223372036854775807",
            bad_json("number_not_exact", HERE),
        ),
        ("D14", "9223372036854775808", milliseconds()),
        ("D14", "1e30", milliseconds()),
        (
            "D14",
            "123456789012345678901234567890",
            bad_json("number_not_exact", HERE),
        ),
        ("D15", "-1", kept(-1)),
        ("D15", "-62135596801", kept(-62_135_596_801)),
        ("D15", "100000000000", kept(100_000_000_000)),
        ("D15", "-100000000001", milliseconds()),
    ];
    let rows = cases.into_iter();
    let rows =
        rows.map(|(id, date, expected)| row(id, opp(&format!(r#""close_date":{date}"#)), expected));
    rows.collect()
}

fn years() -> Vec<Row> {
    let founded = |year: &str| acc(&format!(r#""founded":{year}"#));
    let not_a_year = || invalid("founded").saying("is not a year");
    vec![
        row("D16", founded("999"), not_a_year()),
        row("D16", founded("10000"), not_a_year()),
        row("D16", founded("1999.5"), not_a_year()),
        row(
            "D16",
            founded("null"),
            taken(201).with("/founded", Value::Null),
        ),
        row("D16", founded("1999.0"), taken(201).with("/founded", 1999)),
    ]
}

/// Of an account's `last_interaction`.
fn stages() -> Vec<Row> {
    let of_probability = || invalid("0.probability").saying("from 0 to 100");
    let of_order = || invalid("0.stage_order").saying("is not a whole number from 1");
    let cases = [
        ("probability", "-1", of_probability()),
        ("probability", "101", of_probability()),
        ("probability", "1e2", taken(201).with("/0/probability", 100)),
        ("stage_order", "0", of_order()),
        ("stage_order", "-3", of_order()),
        ("stage_order", "2147483648", of_order()),
    ];
    let rows = cases.into_iter().map(|(member, number, expected)| {
        let body = format!(r#"[{{"label":"Stage {{n}}","{member}":{number}}}]"#);
        let request = post("/v1/pipelines/{pipeline}/stages/bulk", body);
        row("D17", request, expected)
    });
    rows.collect()
}

fn times_of_activities() -> Vec<Row> {
    let wrong = |part| invalid("created_at").saying(part);
    let kept = |time: &str| taken(201).with("/created_at", time);
    let cases = [
        (r#""2026-02-30T00:00:00Z""#, wrong("does not exist")),
        (r#""2026-01-01T25:00:00Z""#, wrong("does not exist")),
        (r#""2026-01-01""#, wrong("without a time")),
        (r#""yesterday""#, wrong("is not a date-time")),
        (
            r#""2026-01-01T00:00:00+01:00""#,
            kept("2025-12-31T23:00:00.000000Z"),
        ),
    ];
    let rows = cases.into_iter().map(|(time, expected)| {
        let members = format!(r#""activity_type":"CALL","created_at":{time}"#);
        row("D18", activity(&members), expected)
    });
    rows.collect()
}

fn times() -> Vec<Row> {
    const HERE: &str = "last_interaction";
    let kept = |time: &str| taken(201).with("/last_interaction", time);
    let wrong = |part| invalid(HERE).saying(part);
    let cases: Vec<(&'static str, &str, Expected)> = vec![
        ("D18", r#""2026-02-30T00:00:00Z""#, wrong("does not exist")),
        ("D18", r#""2026-01-01T25:00:00Z""#, wrong("does not exist")),
        ("D18", r#""2026-01-01""#, wrong("without a time")),
        ("D18", r#""yesterday""#, wrong("is not a date-time")),
        ("D18", "true", wrong("is a boolean")),
        ("D18", "1700000000", kept("2023-11-14T22:13:20.000000Z")),
        ("D18", "1700000000000", wrong("send seconds")),
        ("D18", "-62135596801", wrong("outside the years")),
        (
            "D19",
            r#""2016-12-31T23:59:60Z""#,
            kept("2016-12-31T23:59:59.000000Z"),
        ),
        ("D20", r#""2026-01-01T00:00:00""#, wrong("has no time zone")),
        (
            "D20",
            r#""2026-01-01T00:00:00+24:00""#,
            wrong("does not exist"),
        ),
        (
            "D20",
            r#""2026-01-01T00:00:00-00:00""#,
            kept("2026-01-01T00:00:00.000000Z"),
        ),
        (
            "D21",
            r#""2026-01-01T00:00:00.123456789Z""#,
            kept("2026-01-01T00:00:00.123456Z"),
        ),
        (
            "D22",
            r#""-0001-01-01T00:00:00Z""#,
            wrong("outside the years"),
        ),
        (
            "D22",
            r#""+12026-01-01T00:00:00Z""#,
            wrong("outside the years"),
        ),
    ];
    let rows = cases.into_iter();
    let rows = rows.map(|(id, time, expected)| {
        row(id, acc(&format!(r#""last_interaction":{time}"#)), expected)
    });
    rows.collect()
}
