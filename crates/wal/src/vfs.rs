//! The file system as SQLite is told of it: its own one, but for how logs are opened.

use std::ffi::{CStr, c_char, c_int};
use std::sync::OnceLock;

use rusqlite::ffi;

use crate::file;

/// What SQLite knows the file system by.
pub(crate) const NAME: &CStr = c"lanekeeper";

/// Tells SQLite of the file system, once for the process.
pub(crate) fn register() -> rusqlite::Result<()> {
    static REGISTERED: OnceLock<c_int> = OnceLock::new();
    match *REGISTERED.get_or_init(register_now) {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

fn register_now() -> c_int {
    // SAFETY: null asks for the file system that is used where none is named.
    let own = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
    if own.is_null() {
        return ffi::SQLITE_NOTFOUND;
    }
    // SAFETY: SQLite's own file systems live, unchanged, as long as the process.
    let theirs = unsafe { *own };
    let vfs = ffi::sqlite3_vfs {
        iVersion: 2,
        szOsFile: file::size(theirs.szOsFile),
        mxPathname: theirs.mxPathname,
        pNext: std::ptr::null_mut(),
        zName: NAME.as_ptr(),
        pAppData: own.cast(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        // No extension is ever loaded.
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: Some(last_error),
        xCurrentTimeInt64: Some(current_time_int64),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    };
    // SAFETY: what is registered is whole, and never freed.
    unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0) }
}

/// SQLite's own file system, which ours was made over.
///
/// # Safety
/// `vfs` is the one that [`register_now`] made, as SQLite hands it to each of its functions.
unsafe fn own(vfs: *mut ffi::sqlite3_vfs) -> *mut ffi::sqlite3_vfs {
    // SAFETY: as the caller says; `register_now` put SQLite's own one there.
    unsafe { (*vfs).pAppData.cast() }
}

/// Calls a function of SQLite's own file system with the same arguments.
macro_rules! pass_on {
    ($function:ident, $vfs:ident $(, $argument:ident)*) => {{
        // SAFETY: the arguments are SQLite's, for a function of the same kind.
        unsafe {
            let own = own($vfs);
            match (*own).$function {
                Some(function) => function(own $(, $argument)*),
                None => ffi::SQLITE_ERROR,
            }
        }
    }};
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    if flags & ffi::SQLITE_OPEN_WAL == 0 {
        return pass_on!(xOpen, vfs, name, file, flags, flags_out);
    }
    // SAFETY: SQLite gives room for a file of the size that was registered.
    let inner = unsafe { file::inner(file) };
    let opened = pass_on!(xOpen, vfs, name, inner, flags, flags_out);
    // SAFETY: the same room; what is in it is not used yet.
    unsafe { file::begin(file, opened == ffi::SQLITE_OK) };
    opened
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    pass_on!(xDelete, vfs, name, sync)
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    pass_on!(xAccess, vfs, name, flags, out)
}

unsafe extern "C" fn full_pathname(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    len: c_int,
    out: *mut c_char,
) -> c_int {
    pass_on!(xFullPathname, vfs, name, len, out)
}

unsafe extern "C" fn randomness(vfs: *mut ffi::sqlite3_vfs, len: c_int, out: *mut c_char) -> c_int {
    pass_on!(xRandomness, vfs, len, out)
}

unsafe extern "C" fn sleep(vfs: *mut ffi::sqlite3_vfs, micros: c_int) -> c_int {
    pass_on!(xSleep, vfs, micros)
}

unsafe extern "C" fn current_time(vfs: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    pass_on!(xCurrentTime, vfs, out)
}

unsafe extern "C" fn last_error(vfs: *mut ffi::sqlite3_vfs, len: c_int, out: *mut c_char) -> c_int {
    pass_on!(xGetLastError, vfs, len, out)
}

unsafe extern "C" fn current_time_int64(
    vfs: *mut ffi::sqlite3_vfs,
    out: *mut ffi::sqlite3_int64,
) -> c_int {
    pass_on!(xCurrentTimeInt64, vfs, out)
}
