//! What Linux tells of processes.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Linux counts processor time in hundredths of a second, whatever its own clock does.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time of a process so far, its own and the kernel's for it, in seconds.
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64> {
    Ok(ticks_of(pid, 2)? / TICKS_PER_SECOND)
}

/// Processor time of a process, of its children, and of those of them that have ended, in seconds.
pub(crate) fn family_cpu_seconds(pid: u32) -> Result<f64> {
    let mut seconds = ticks_of(pid, 4)? / TICKS_PER_SECOND;
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    for child in children.split_whitespace() {
        // One that has ended meanwhile is counted the next time.
        seconds += cpu_seconds(child.parse()?).unwrap_or(0.0);
    }
    Ok(seconds)
}

/// The first of these: its own time, the kernel's for it; and both of its children that have ended.
fn ticks_of(pid: u32, len: usize) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name stands in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(") ").context("no name in stat")?;
    let ticks = fields.split(' ').skip(11).take(len).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()?)
}

/// Processor time of everything on this machine so far, in seconds.
pub(crate) fn machine_cpu_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let fields = stat.lines().next().context("no line in stat")?;
    // user, nice, system, (idle, iowait,) irq, softirq, steal
    let busy = [1, 2, 3, 6, 7, 8].map(|place| fields.split_whitespace().nth(place));
    let ticks = busy.into_iter().flatten().map(str::parse::<f64>);
    let ticks: f64 = ticks.sum::<Result<f64, _>>()?;
    Ok(ticks / TICKS_PER_SECOND)
}

/// Resident memory of a process, in MiB.
pub(crate) fn resident_mib(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    let kib: f64 = kib.context("no VmRSS in status")?.parse()?;
    Ok(kib / 1024.0)
}

/// The kind of file system that holds a folder, such as `ext4`.
pub(crate) fn file_system(folder: &Path) -> Result<String> {
    let folder = folder.canonicalize()?;
    let mounts = fs::read_to_string("/proc/mounts")?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let holding = mounts.filter(|(point, _)| folder.starts_with(point));
    let nearest = holding.max_by_key(|(point, _)| point.len());
    Ok(nearest.context("no mount point")?.1.to_owned())
}
