//! `lanekeeper init`: an empty database is set up, and nothing else is touched.

use std::path::Path;

use serde_json::Value;

use crate::support::{Ended, Place};

const ALREADY_SET_UP: i32 = 3;

#[test]
fn init_prints_exactly_the_documented_members_in_their_order() {
    let place = Place::new();

    let printed = place.succeed(&["init", "--json", "--owner-email", "Jane@Acme.com"]);

    let json: Value = serde_json::from_str(&printed).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let stages = json["stages"].as_array().unwrap().iter();
    let stages = stages.map(|stage| {
        format!(
            r#"{{"stage_id":"{}","label":"{}"}}"#,
            text(&stage["stage_id"]),
            text(&stage["label"])
        )
    });
    let expected = format!(
        r#"{{"organization_id":"{}","pipeline_id":"{}","stages":[{}],"owner":{{"id":"{}","email":"jane@acme.com"}},"api_key":"{}"}}"#,
        text(&json["organization_id"]),
        text(&json["pipeline_id"]),
        stages.collect::<Vec<_>>().join(","),
        text(&json["owner"]["id"]),
        text(&json["api_key"]),
    );
    assert_eq!(printed, expected + "\n");
    assert!(text(&json["api_key"]).starts_with("lk_live_"));
}

#[test]
fn a_fresh_database_has_one_pipeline_with_six_stages() {
    let place = Place::new();

    place.succeed(&["init", "--organization", "Acme Inc"]);

    let texts = |sql: &str| place.database.texts(sql);
    let stages = "
        select label || ' ' || cast(probability as integer) || ' ' || stage_type
            || case when is_default then ' default' else '' end
        from stage order by stage_order";
    assert_eq!(texts("select name from organization"), ["Acme Inc"]);
    assert_eq!(texts("select name from pipeline"), ["Sales"]);
    assert_eq!(
        texts(stages),
        [
            "Lead 10 default default",
            "Qualified 25 default",
            "Proposal 50 default",
            "Negotiation 75 default",
            "Won 100 positive",
            "Lost 0 negative"
        ]
    );
}

#[test]
fn init_for_people_shows_the_key_once_and_what_to_do_next() {
    let place = Place::new();

    let screen = place.succeed(&["init"]);

    assert_eq!(
        screen.matches("lk_live_").count(),
        2,
        "as such, and in the example: {screen}"
    );
    assert!(screen.contains("lanekeeper serve`, then paste"));
    assert!(
        screen.contains(
            "Lead 10 % → Qualified 25 % → Proposal 50 % → Negotiation 75 % → Won or Lost"
        )
    );
}

#[test]
fn a_second_init_leaves_the_database_alone() {
    let place = Place::new();
    place.init();
    let before = place.database.everything();

    let second = place.run(&["init", "--json"]);

    assert_eq!(second.status, Some(ALREADY_SET_UP));
    assert!(
        second
            .complaint()
            .contains("is set up already and was left alone")
    );
    assert!(place.database.everything() == before, "it was changed");
}

/// Every command refuses the place's database, and neither it nor what lies beside its file changes.
fn assert_refused(place: &Place, because: &str) {
    let (before, stored) = (place.files(), place.database.everything());
    let commands: [&[&str]; 5] = [
        &["init", "--json"],
        &["serve", "--listen", "127.0.0.1:0"],
        &["serve", "--init", "--listen", "127.0.0.1:0"],
        &["key", "list"],
        &["organization", "list"],
    ];
    for command in commands {
        let refused = place.run(command);
        assert_eq!(refused.status, Some(1), "{command:?}");
        let complaint = refused.complaint();
        assert!(complaint.contains(because), "{command:?}: {complaint}");
        let names = |files: &[(std::path::PathBuf, Vec<u8>)]| {
            files
                .iter()
                .map(|(path, _)| path.clone())
                .collect::<Vec<_>>()
        };
        let after = place.files();
        assert_eq!(names(&after), names(&before), "{command:?}");
        assert!(after == before, "{command:?} changed a file");
        let is_left_alone = place.database.everything() == stored;
        assert!(is_left_alone, "{command:?} changed what is stored");
    }
}

#[test]
fn the_database_of_another_program_is_left_alone() {
    let place = Place::new();
    let foreign = "create table song (name text); insert into song values ('Jolene')";
    place.database.run(foreign);

    let because = match place.database.is_on_postgres() {
        true => "it holds another program's tables; choose an empty database",
        false => "is a database, but not Lanekeeper's",
    };
    assert_refused(&place, because);
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let place = Place::new();
    std::fs::write(place.database.file(), "Dear diary,\n".repeat(200)).unwrap();

    assert_refused(&place, "is not a database; choose another file");
}

#[test]
fn the_database_of_a_newer_version_is_left_alone() {
    let place = Place::new();
    place.init();
    place.database.run(match place.database.is_on_postgres() {
        true => "update lanekeeper_schema set version = 99, oldest_user = 99",
        false => "pragma user_version = 99",
    });

    assert_refused(
        &place,
        "by a newer Lanekeeper (schema 99, this one knows 1)",
    );
}

#[test]
fn a_folder_that_does_not_exist_is_not_made() {
    let place = Place::new();
    let folder = place.folder().join("missing");
    let database = format!("sqlite:{}", folder.join("crm.db").display());

    for command in ["init", "serve"] {
        let refused = place.run(&[command, "--listen", "127.0.0.1:0", "--database", &database]);
        assert_eq!(refused.status, Some(1));
        assert!(
            refused.complaint().contains("cannot open"),
            "{}",
            refused.stderr
        );
        assert!(
            refused.complaint().contains("missing/crm.db"),
            "{}",
            refused.stderr
        );
    }

    assert!(!folder.exists());
}

/// Not even root makes files in /proc.
#[test]
fn a_place_where_nothing_can_be_written_is_said_so() {
    let place = Place::new();

    for command in ["init", "serve"] {
        let refused = place.run(&[
            command,
            "--listen",
            "127.0.0.1:0",
            "--database",
            "sqlite:/proc/crm.db",
        ]);
        assert_eq!(refused.status, Some(1));
        assert!(
            refused.complaint().contains("cannot open /proc/crm.db"),
            "{}",
            refused.stderr
        );
    }

    assert!(!Path::new("/proc/crm.db").exists());
}

#[test]
fn of_many_inits_at_once_one_succeeds() {
    for _ in 0..5 {
        let place = Place::new();

        let inits: Vec<_> = (0..4)
            .map(|_| {
                let mut init = place.command(&["init", "--json"]);
                std::thread::spawn(move || Ended::of(&mut init))
            })
            .collect();
        let ended: Vec<Ended> = inits.into_iter().map(|init| init.join().unwrap()).collect();

        let mut statuses: Vec<_> = ended.iter().map(|ended| ended.status).collect();
        statuses.sort_unstable();
        let said: String = ended.iter().map(|ended| ended.stderr.as_str()).collect();
        assert_eq!(statuses, [Some(0), Some(3), Some(3), Some(3)], "{said}");
        assert_eq!(
            place.database.number("select count(*) from organization"),
            1
        );
    }
}
