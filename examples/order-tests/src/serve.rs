//! A server of HTTP on loopback, for everything that stands in for somebody else.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A router that is served until this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves a router at a free port of 127.0.0.1.
    pub async fn start(router: Router) -> Self {
        Self::with_address(|_| router).await
    }

    /// The same for a router that needs to know its address.
    pub async fn with_address(router: impl FnOnce(SocketAddr) -> Router) -> Self {
        let (listener, address) = listen().await;
        let service = router(address).into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move {
            axum::serve(listener, service).await.expect("the listener listens");
        });
        Self { address, task }
    }

    /// The same for a router that breaks connections.
    pub async fn with_connections(router: impl FnOnce(Connections) -> Router) -> Self {
        let (listener, address) = listen().await;
        let connections = Connections::default();
        let service = router(connections.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move {
            let listener = listener.tap_io(move |stream| connections.add(stream));
            axum::serve(listener, service).await.expect("the listener listens");
        });
        Self { address, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The connections of a server, by the client's address.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<Mutex<HashMap<SocketAddr, std::net::TcpStream>>>);

impl Connections {
    /// Ends a connection, whatever is still to be answered on it.
    pub fn hang_up(&self, client: SocketAddr) {
        if let Some(stream) = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&client) {
            // It may have ended already, which is as good.
            stream.shutdown(Shutdown::Both).ok();
        }
    }

    fn add(&self, stream: &tokio::net::TcpStream) {
        let (Ok(client), Ok(copy)) = (stream.peer_addr(), stream.as_fd().try_clone_to_owned()) else { return };
        let mut connections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that have ended have no other side any more.
        connections.retain(|_, stream| stream.peer_addr().is_ok());
        connections.insert(client, copy.into());
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
    let address = listener.local_addr().expect("the listener has an address");
    (listener, address)
}
