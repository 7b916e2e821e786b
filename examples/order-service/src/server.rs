//! Connections: taken while there is work to be taken, and let go when there is none.

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Longest that the head of the next request may take, also on a connection that is kept. More than a gateway keeps one,
/// so that none is closed while a request is on its way.
const NEXT_HEAD: Duration = Duration::from_secs(75);
/// How long nothing is accepted after the system could give us no connection.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop`; then takes no more connections, answers what was asked, and lets go of the rest after `drain`.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>, drain: Duration) {
    let (closing, closed) = watch::channel(false);
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone(), closed.clone()));
                }
                Err(error) => {
                    tracing::warn!(cause = %error, "no connection could be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    // With no connection there is nobody to tell.
    let _ = closing.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(drain, all).await.is_err() {
        tracing::warn!(connections = connections.len(), "connections were cut");
    }
}

async fn connection(stream: TcpStream, router: Router, mut closed: watch::Receiver<bool>) {
    // Without it, small answers wait for others to be sent with.
    let _ = stream.set_nodelay(true);
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(NEXT_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(served);
    // A connection that breaks is the business of the other side, which sees it.
    let closing = async { drop(closed.wait_for(|closed| *closed).await) };
    tokio::select! {
        _ = served.as_mut() => return,
        () = closing => served.as_mut().graceful_shutdown(),
    }
    let _ = served.await;
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_was_asked_is_answered_after_the_stop() {
        let (asked, was_asked) = oneshot::channel();
        let (answer, may_answer) = oneshot::channel::<()>();
        let once = std::sync::Mutex::new(Some((asked, may_answer)));
        let once = std::sync::Arc::new(once);
        let handler = async move || {
            let (asked, may_answer) = once.lock().expect("nobody panics").take().expect("it is asked once");
            asked.send(()).expect("somebody waits");
            may_answer.await.expect("somebody answers");
            "done"
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let address = listener.local_addr().expect("it has an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { stopped.await.expect("somebody stops") };
        let router = Router::new().route("/", get(handler));
        let served = tokio::spawn(serve(listener, router, stopped, Duration::from_mins(1)));
        let mut client = TcpStream::connect(address).await.expect("it listens");
        client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("it can be written");
        was_asked.await.expect("it is asked");
        stop.send(()).expect("it is there");
        answer.send(()).expect("it is there");
        let mut text = String::new();
        client.read_to_string(&mut text).await.expect("it is answered and closed");
        assert!(text.ends_with("\r\n\r\ndone"), "{text}");
        served.await.expect("it ends");
    }
}
