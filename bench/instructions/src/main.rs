//! The work whose instructions are counted: `cargo xtask bench instructions`, which runs this under valgrind.
//!
//! With the name of a piece of work it does that piece; without, it says what there is, and how often each is done. Only what
//! happens within [`counted`] counts, so that it does not matter how long preparing takes.
#![expect(clippy::print_stdout, reason = "a command line program prints")]

mod given;
mod work;

use anyhow::{Context as _, Result};

use work::WORK;

fn main() -> Result<()> {
    // `cargo bench` sends options of its own.
    let name = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let Some(name) = name else {
        for work in &WORK {
            println!("{}\t{}", work.times, work.name);
        }
        return Ok(());
    };
    let work = WORK.iter().find(|work| work.name == name);
    let work = work.with_context(|| format!("there is no work `{name}`"))?;
    let mut prepared = (work.prepare)(work.times)?;
    counted(&mut *prepared);
    Ok(())
}

/// Valgrind counts from the moment this is entered until it is left (`--toggle-collect`).
#[inline(never)]
fn counted(prepared: &mut dyn FnMut()) {
    prepared();
}
