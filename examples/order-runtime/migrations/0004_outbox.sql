-- Events that could not be published for reasons of their own, and those of the same orders behind them. They are apart
-- from the others, so that these never wait for them; and so that an order's insert pays for no index of theirs.
CREATE TABLE outbox_held (
    seq bigint PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    order_id uuid NOT NULL,
    event_type text NOT NULL,
    event_version integer NOT NULL,
    request_id text NOT NULL,
    traceparent text,
    body text NOT NULL,
    written_at timestamptz NOT NULL,
    -- How often publishing it failed, and how often that was because of what it says.
    attempts integer NOT NULL DEFAULT 0,
    refusals integer NOT NULL DEFAULT 0,
    -- Why it failed last.
    reason text NOT NULL,
    -- Not before this is it tried again.
    due_at timestamptz NOT NULL,
    -- Since when it is not tried any more.
    parked_at timestamptz
);

CREATE INDEX outbox_held_of_order ON outbox_held (order_id, seq);
CREATE INDEX outbox_held_due ON outbox_held (due_at) WHERE parked_at IS NULL;

-- Orders that nobody has settled; there are few.
CREATE INDEX orders_pending ON orders (placed_at) WHERE status = 'PENDING';
