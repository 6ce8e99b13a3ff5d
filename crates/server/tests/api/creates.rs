//! Creating an opportunity and what surrounds it, as published.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn an_opportunity_is_created_with_its_account_contacts_owner_and_stage() {
    let app = TestApp::new().await;
    let body = json!({
        "pipeline_id": app.tenant.pipeline_id,
        "opportunity": {
            "name": "Big deal", "stage_name": " qualified ", "deal_size": 25000.5, "close_date": 1_771_286_400,
            "next_steps": "Call\nagain", "custom_attributes": {"Lead Source": "web", "seats": 12, "signed": false},
        },
        "related_objects": {
            "account_domain": "https://www.Blue-Ocean.co.uk/about", "primary_contact_email": "Jane@Blue-Ocean.co.uk",
            "additional_contact_emails": ["bob@blue-ocean.co.uk", "JANE@blue-ocean.co.uk", "bob@blue-ocean.co.uk"],
            "owner_email": app.tenant.owner_email,
        },
    });

    let created = app.post("/v1/opportunities", body).await;

    assert_eq!(created.status, 201, "{}", created.body);
    let data = created.data();
    assert_eq!(data["name"], "Big deal");
    assert_eq!(data["stage_name"], "Qualified");
    assert_eq!(data["account_name"], "Blue Ocean");
    assert_eq!(data["account_domain"], "blue-ocean.co.uk");
    assert_eq!(data["contact_email"], "jane@blue-ocean.co.uk");
    assert_eq!(
        data["additional_contacts"].as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(data["owner_email"], app.tenant.owner_email);
    assert_eq!(
        data["custom_fields"],
        json!({"lead_source": "web", "seats": 12, "signed": false})
    );
    assert_eq!(data["resolved"]["account"]["outcome"], "created");
    assert_eq!(data["resolved"]["stage"]["outcome"], "matched");
    let read = app
        .get(&format!(
            "/v1/opportunities/{}",
            data["id"].as_str().unwrap()
        ))
        .await;
    for (member, value) in read.data().as_object().unwrap() {
        assert_eq!(value, &data[member], "{member}");
    }
}
