//! A log that is open: what is gathered for it, and SQLite's own file behind that.

use std::ffi::{c_int, c_void};

use rusqlite::ffi;

use crate::gathered::Gathered;

/// What SQLite has of an open log. SQLite's own file is right behind it, in the same room.
#[repr(C, align(8))]
struct LogFile {
    /// What SQLite looks at. First, because a pointer to the log is a pointer to this.
    methods: ffi::sqlite3_file,
    gathered: *mut Gathered,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    // The first: a log has no shared memory, and is not mapped into memory.
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

/// The room of an open file, where SQLite's own one takes `inner` bytes.
pub(crate) fn size(inner: c_int) -> c_int {
    let ours = c_int::try_from(size_of::<LogFile>()).expect("a log is a few words");
    ours + inner
}

/// SQLite's own file.
///
/// # Safety
/// `file` has the room that [`size`] says.
pub(crate) unsafe fn inner(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: as the caller says, SQLite's own file begins there; the size of a log keeps it aligned.
    unsafe { file.byte_add(size_of::<LogFile>()) }
}

/// Makes a log of a file whose inner one is open; or nothing, if that failed: SQLite does not close a file without methods.
///
/// # Safety
/// `file` has the room that [`size`] says, and is not a log yet.
pub(crate) unsafe fn begin(file: *mut ffi::sqlite3_file, is_open: bool) {
    let (methods, gathered) = match is_open {
        true => (&raw const METHODS, Box::into_raw(Box::default())),
        false => (std::ptr::null(), std::ptr::null_mut()),
    };
    let methods = ffi::sqlite3_file { pMethods: methods };
    // SAFETY: as the caller says, there is room for it, and nothing in it that would have to be dropped.
    unsafe { file.cast::<LogFile>().write(LogFile { methods, gathered }) };
}

/// Calls a method of SQLite's own file with the same arguments.
macro_rules! pass_on {
    ($method:ident, $file:ident $(, $argument:expr)*) => {{
        // SAFETY: the arguments are SQLite's, for a method of the same kind, and the inner file is open as long as the log.
        unsafe {
            let inner = inner($file);
            match (*(*inner).pMethods).$method {
                Some(method) => method(inner $(, $argument)*),
                None => ffi::SQLITE_ERROR,
            }
        }
    }};
}

/// What is gathered for a log.
///
/// # Safety
/// `file` is a log that [`begin`] made, and SQLite uses a file in one thread at a time.
unsafe fn gathered<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Gathered {
    // SAFETY: as the caller says; it is freed by `close` only, behind which SQLite uses the file no more.
    unsafe { &mut *(*file.cast::<LogFile>()).gathered }
}

/// Writes what is gathered into SQLite's own file.
///
/// # Safety
/// As for [`gathered`].
unsafe fn flush(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: as the caller says.
    let gathered = unsafe { gathered(file) };
    let written = gathered.give(|place, bytes| {
        let len = c_int::try_from(bytes.len()).expect("a piece is small");
        match pass_on!(xWrite, file, bytes.as_ptr().cast(), len, place) {
            ffi::SQLITE_OK => Ok(()),
            code => Err(code),
        }
    });
    written.err().unwrap_or(ffi::SQLITE_OK)
}

/// Writes what is gathered, and then calls the method of SQLite's own file.
macro_rules! flush_and_pass_on {
    ($method:ident, $file:ident $(, $argument:ident)*) => {{
        // SAFETY: SQLite calls this for a log.
        match unsafe { flush($file) } {
            ffi::SQLITE_OK => pass_on!($method, $file $(, $argument)*),
            code => code,
        }
    }};
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    len: c_int,
    place: ffi::sqlite3_int64,
) -> c_int {
    let count = usize::try_from(len).expect("SQLite writes no less than nothing");
    // SAFETY: SQLite gives as many bytes as it says.
    let slice = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count) };
    // SAFETY: SQLite calls this for a log.
    let take = || unsafe { gathered(file) }.take(place, slice);
    if take() {
        return ffi::SQLITE_OK;
    }
    // SAFETY: SQLite calls this for a log.
    match unsafe { flush(file) } {
        ffi::SQLITE_OK if take() => ffi::SQLITE_OK,
        ffi::SQLITE_OK => pass_on!(xWrite, file, bytes, len, place), // larger than a piece
        code => code,
    }
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    out: *mut c_void,
    len: c_int,
    place: ffi::sqlite3_int64,
) -> c_int {
    flush_and_pass_on!(xRead, file, out, len, place)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    flush_and_pass_on!(xTruncate, file, size)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    flush_and_pass_on!(xSync, file, flags)
}

unsafe extern "C" fn file_size(
    file: *mut ffi::sqlite3_file,
    out: *mut ffi::sqlite3_int64,
) -> c_int {
    flush_and_pass_on!(xFileSize, file, out)
}

/// What is gathered and was never synced belongs to no commit: it goes with the file.
unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let closed = pass_on!(xClose, file);
    // SAFETY: SQLite calls this for a log, once and last; `begin` made the box.
    drop(unsafe { Box::from_raw((*file.cast::<LogFile>()).gathered) });
    closed
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    pass_on!(xLock, file, level)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    pass_on!(xUnlock, file, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    pass_on!(xCheckReservedLock, file, out)
}

unsafe extern "C" fn file_control(
    file: *mut ffi::sqlite3_file,
    operation: c_int,
    argument: *mut c_void,
) -> c_int {
    pass_on!(xFileControl, file, operation, argument)
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    pass_on!(xSectorSize, file)
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    pass_on!(xDeviceCharacteristics, file)
}
