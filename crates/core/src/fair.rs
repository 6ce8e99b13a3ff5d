//! Who is next, when more is asked for than can be done at once: decided here, carried out by the store's writers and the
//! server's gate.

mod company;
mod gate;
mod group_len;
mod queue;

pub use company::Company;
pub use gate::{Asked, Gate, GateLimits, TurnedAway};
pub use group_len::GroupLen;
pub use queue::{Bounds, FairQueue};
