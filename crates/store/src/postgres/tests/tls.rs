use lanekeeper_testing::TestDatabase;

use crate::{Access, Clock, Database, Settings, Store};

/// Opens the database under another host name and other parameters; whether its connections are encrypted.
async fn is_encrypted(
    database: &TestDatabase,
    host: &str,
    parameters: &str,
) -> Result<bool, String> {
    let url = database.url().replace("127.0.0.1", host);
    let url: Database = format!("{url}?{parameters}").parse()?;
    let (settings, clock) = (Settings::default(), Clock::default());
    let store = Store::open(&url, Access::Command, settings, clock).await;
    let store = store.map_err(|error| error.to_string())?;
    let Store::Postgres(postgres) = &store else {
        panic!("it was opened on PostgreSQL");
    };
    let client = postgres.pool.get().await.unwrap();
    let sql = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    Ok(client.query_one(sql, &[]).await.unwrap().get(0))
}

/// The certificate of whoever signed the server's.
fn pem_of_authority(database: &TestDatabase) -> String {
    let folder = database
        .texts("select current_setting('data_directory')")
        .remove(0);
    let lines = format!(
        "create temp table pem (line text);
         copy pem from '{folder}/authority.crt';
         select line from pem"
    );
    database.texts(&lines).join("\n")
}

#[tokio::test]
async fn a_connection_is_encrypted_where_the_server_can_and_verified_where_it_is_asked_for() {
    let database = TestDatabase::on_postgres();
    let authority = database.folder().join("authority.pem");
    std::fs::write(&authority, pem_of_authority(&database)).unwrap();
    let verified = format!("sslmode=verify-full&sslrootcert={}", authority.display());

    assert_eq!(is_encrypted(&database, "localhost", "").await, Ok(true));
    assert_eq!(
        is_encrypted(&database, "localhost", "sslmode=require").await,
        Ok(true)
    );
    assert_eq!(
        is_encrypted(&database, "localhost", "sslmode=disable").await,
        Ok(false)
    );
    assert_eq!(
        is_encrypted(&database, "localhost", &verified).await,
        Ok(true)
    );

    let by_the_system = is_encrypted(&database, "localhost", "sslmode=verify-full").await;
    assert!(by_the_system.unwrap_err().contains("certificate"));
    let of_another_name = is_encrypted(&database, "127.0.0.1", &verified).await;
    assert!(of_another_name.unwrap_err().contains("certificate"));
}
