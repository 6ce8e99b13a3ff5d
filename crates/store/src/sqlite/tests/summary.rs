use super::open;

#[test]
fn a_summary_looks_at_one_index_and_at_no_row() {
    let test = open();
    let sqlite = super::sqlite(&test.store);

    let plan = sqlite.explain_summary().unwrap();

    let expected =
        "SEARCH opportunity USING COVERING INDEX opportunity_of_stage (org=? AND pipeline_id=?)";
    assert_eq!(plan, expected);
}
