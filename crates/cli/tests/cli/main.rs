//! The program as an operator has it: started, asked, stopped, killed, and with a disk that fails.

mod audit;
mod conformance;
mod copy;
mod crash;
mod disk;
mod init;
mod keys;
mod postgres;
mod power;
mod races;
mod serve;
mod shutdown;
mod support;
