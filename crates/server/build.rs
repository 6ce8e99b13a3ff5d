//! Makes what the binary embeds: the OpenAPI document as JSON, and the page that shows it.

use std::io::Write as _;
use std::path::Path;
use std::{env, fs};

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

const DOCUMENT: &str = "../../spec/openapi.yaml";
const PAGE: &str = "src/routes/docs/page.html";
const START: &str = "src/routes/docs/start.js";

fn main() -> Result<()> {
    for input in ["build.rs", DOCUMENT, PAGE, START] {
        println!("cargo::rerun-if-changed={input}");
    }
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);

    fs::write(out.join("openapi.json"), document()?)?;

    let start = read(START)?;
    let scalar = scalar_api_reference::get_asset("scalar.js").context("no scalar.js")?;
    let revision = revision(&[start.as_bytes(), &scalar]);
    fs::write(out.join("start.js.gz"), gzip(start.as_bytes())?)?;
    fs::write(out.join("scalar.js.gz"), gzip(&scalar)?)?;
    fs::write(
        out.join("docs.html"),
        read(PAGE)?.replace("{revision}", &revision),
    )?;
    println!("cargo::rustc-env=DOCS_REVISION={revision}");
    Ok(())
}

/// The document as JSON, its members in the order in which they were written.
fn document() -> Result<Vec<u8>> {
    let document: serde_norway::Value =
        serde_norway::from_str(&read(DOCUMENT)?).context(DOCUMENT)?;
    Ok(serde_json::to_vec(&document)?)
}

/// Changes with the scripts, so that a browser may keep what has this in its address for ever.
fn revision(scripts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for script in scripts {
        hasher.update(script);
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn read(path: &'static str) -> Result<String> {
    fs::read_to_string(path).context(path)
}
