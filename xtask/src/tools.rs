//! The programs the commands need besides cargo: is it there, and if not, how it gets there.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

#[derive(Clone, Copy)]
pub(crate) enum Tool {
    /// SQLite comes as C. Rust links with a C compiler too, so this one is missing only where another
    /// linker is configured.
    CCompiler,
    Rustfmt,
    Clippy,
    Nextest,
    Deny,
    /// Makes the disk fail in tests of the program, and tells what it wrote when.
    Strace,
    /// Runs the line that a new server shows.
    Curl,
    /// Runs Schemathesis, in an environment of its own.
    Python,
    /// Generates and runs the client in TypeScript.
    Node,
    /// The other database.
    Postgres,
    /// Counts instructions.
    Valgrind,
}

const PYTHON_IS_GOOD: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";
/// Asks npm, which is a package of its own on some systems, and the Node.js that it finds.
const NODE_IS_GOOD: &str = "node -e 'process.exit(Number(parseInt(process.versions.node) < 18))'";
/// Debian keeps it off PATH.
const POSTGRES_IS_THERE: &str = "ls /usr/lib/postgresql/*/bin/initdb || initdb --version";

type Words = Vec<&'static str>;

/// Tools run once or twice per change: compiling them without optimisation saves minutes of waiting.
const QUICKLY: [&str; 4] = ["--profile", "dev", "--config", "profile.dev.debug=0"];

impl Tool {
    /// Makes sure that the tool can be called, installing it if need be.
    ///
    /// # Errors
    /// When it is missing and could not be installed; the message says what to type.
    pub(crate) fn require(self) -> Result<()> {
        if self.is_present() {
            return Ok(());
        }
        for command in self.installation() {
            let line = command.join(" ");
            println!("{} is missing, installing it: {line}", self.name());
            if !succeeds(&command, Stdio::inherit) {
                bail!(
                    "{} is missing and `{line}` failed. {}",
                    self.name(),
                    self.by_hand()
                );
            }
        }
        if !self.is_present() {
            bail!("{} is missing. {}", self.name(), self.by_hand());
        }
        Ok(())
    }

    fn is_present(self) -> bool {
        if matches!(self, Self::CCompiler) && env::var_os("CC").is_some() {
            return true;
        }
        succeeds(&self.probe(), Stdio::null)
    }

    fn name(self) -> &'static str {
        match self {
            Self::CCompiler => "the C compiler `cc`",
            Self::Rustfmt => "rustfmt",
            Self::Clippy => "clippy",
            Self::Nextest => "cargo-nextest",
            Self::Deny => "cargo-deny",
            Self::Strace => "strace",
            Self::Curl => "curl",
            Self::Python => "Python 3.10 or later with `venv`",
            Self::Node => "Node.js 18 or later with npm",
            Self::Postgres => "PostgreSQL",
            Self::Valgrind => "valgrind",
        }
    }

    /// A command that succeeds where the tool is. (rustup leaves a `cargo-fmt` that only complains, so
    /// looking for a file would not do.)
    fn probe(self) -> Words {
        match self {
            Self::CCompiler => vec!["cc", "--version"],
            Self::Rustfmt => vec!["cargo", "fmt", "--version"],
            Self::Clippy => vec!["cargo", "clippy", "--version"],
            Self::Nextest => vec!["cargo", "nextest", "--version"],
            Self::Deny => vec!["cargo", "deny", "--version"],
            Self::Strace => vec!["strace", "--version"],
            Self::Curl => vec!["curl", "--version"],
            Self::Python => vec!["python3", "-c", PYTHON_IS_GOOD],
            Self::Node => vec!["npm", "exec", "--offline", "--call", NODE_IS_GOOD],
            Self::Postgres => vec!["sh", "-c", POSTGRES_IS_THERE],
            Self::Valgrind => vec!["valgrind", "--version"],
        }
    }

    /// The commands that install the tool here, one after the other; none if there is no way.
    fn installation(self) -> Vec<Words> {
        match self {
            Self::CCompiler => debian_package("build-essential"),
            Self::Rustfmt => rustup_component("rustfmt"),
            Self::Clippy => rustup_component("clippy"),
            Self::Nextest => cargo_install("cargo-nextest@0.9.143"),
            Self::Deny => cargo_install("cargo-deny@0.20.2"),
            Self::Strace => debian_package("strace"),
            Self::Curl => debian_package("curl"),
            Self::Python => debian_package("python3-venv"),
            Self::Node => debian_package("npm"),
            Self::Postgres => debian_package("postgresql"),
            Self::Valgrind => debian_package("valgrind"),
        }
    }

    fn by_hand(self) -> &'static str {
        match self {
            Self::CCompiler => {
                "Install one: `apt-get install build-essential` on Debian and Ubuntu, \
                 `dnf install gcc` on Fedora, `xcode-select --install` on macOS."
            }
            Self::Rustfmt => {
                "Install it: `rustup component add rustfmt`, or your system's package `rustfmt`."
            }
            Self::Clippy => {
                "Install it: `rustup component add clippy`, or your system's package `rust-clippy`."
            }
            Self::Nextest => {
                "Install it: `cargo install --locked cargo-nextest`, and see that cargo's folder of \
                 installed programs is on PATH."
            }
            Self::Deny => {
                "Install it: `cargo install --locked cargo-deny`, and see that cargo's folder of \
                 installed programs is on PATH."
            }
            Self::Strace => {
                "Install it: `apt-get install strace` on Debian and Ubuntu, `dnf install strace` on Fedora."
            }
            Self::Curl => {
                "Install it: `apt-get install curl` on Debian and Ubuntu, `dnf install curl` on Fedora."
            }
            Self::Python => {
                "Install it: `apt-get install python3-venv` on Debian and Ubuntu, `dnf install python3` on Fedora."
            }
            Self::Node => {
                "Install it: `apt-get install npm` on Debian and Ubuntu, `dnf install npm` on Fedora."
            }
            Self::Postgres => {
                "Install it: `apt-get install postgresql` on Debian and Ubuntu, `dnf install \
                 postgresql-server postgresql-contrib` on Fedora."
            }
            Self::Valgrind => {
                "Install it: `apt-get install valgrind` on Debian and Ubuntu, `dnf install valgrind` \
                 on Fedora."
            }
        }
    }
}

fn debian_package(package: &'static str) -> Vec<Words> {
    match apt_get() {
        Some(apt_get) => vec![
            [apt_get.as_slice(), &["update"]].concat(),
            [apt_get.as_slice(), &["install", "--yes", package]].concat(),
        ],
        None => vec![],
    }
}

fn cargo_install(package: &'static str) -> Vec<Words> {
    vec![
        [
            ["cargo", "install", "--locked", package].as_slice(),
            &QUICKLY,
        ]
        .concat(),
    ]
}

fn rustup_component(component: &'static str) -> Vec<Words> {
    if succeeds(&["rustup", "--version"], Stdio::null) {
        vec![vec!["rustup", "component", "add", component]]
    } else {
        vec![]
    }
}

/// How to call apt-get without a question to anybody, if that is possible here.
fn apt_get() -> Option<Words> {
    let apt_get = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    if !succeeds(&["apt-get", "--version"], Stdio::null) {
        None
    } else if is_root() {
        Some(apt_get.to_vec())
    } else if succeeds(&["sudo", "-n", "true"], Stdio::null) {
        Some([["sudo", "-n"].as_slice(), &apt_get].concat())
    } else {
        None
    }
}

pub(crate) fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

fn succeeds(command: &[&str], output: fn() -> Stdio) -> bool {
    let (program, args) = command.split_first().expect("a command has a program");
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(output())
        .stderr(output())
        .status();
    status.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_exist_does_not_succeed() {
        assert!(succeeds(&["cargo", "--version"], Stdio::null));
        assert!(!succeeds(&["cargo", "no-such-subcommand"], Stdio::null));
        assert!(!succeeds(&["no-such-program"], Stdio::null));
    }

    #[test]
    fn cargo_tools_are_installed_at_a_fixed_version_and_compiled_quickly() {
        let commands: Vec<String> = Tool::Deny
            .installation()
            .iter()
            .map(|words| words.join(" "))
            .collect();

        assert_eq!(
            commands,
            ["cargo install --locked cargo-deny@0.20.2 --profile dev --config profile.dev.debug=0"]
        );
    }
}
