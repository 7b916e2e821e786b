-- Orders, their events that are not published yet, and stock.

CREATE TABLE orders (
    -- Follows from user and idempotency key, so that an order is stored once whoever writes it first.
    id uuid PRIMARY KEY,
    user_id text NOT NULL,
    idempotency_key text NOT NULL,
    -- SHA-256 of what is ordered: the same key for another order is refused.
    fingerprint bytea NOT NULL,
    request_id text NOT NULL,
    lines jsonb NOT NULL,
    status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'CONFIRMED', 'CANCELLED')),
    -- Why it is cancelled.
    reason text,
    -- The two sides of the saga. CHARGING stands before the provider is asked: whoever finds it asks again, with the
    -- same key, so that no charge is forgotten.
    payment text NOT NULL DEFAULT 'OPEN'
        CHECK (payment IN ('OPEN', 'CHARGING', 'CAPTURED', 'DECLINED', 'REFUNDED')),
    attempt integer NOT NULL DEFAULT 1,
    charge_id text,
    stock text NOT NULL DEFAULT 'OPEN' CHECK (stock IN ('OPEN', 'RESERVED', 'MISSING', 'RELEASED')),
    placed_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX orders_of_user ON orders (user_id, placed_at DESC, id DESC);

-- Written in the transaction of the change; removed when the topic has it.
CREATE TABLE outbox (
    -- Grows in the order of an order's changes, because each takes the lock of the order first.
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL,
    order_id uuid NOT NULL,
    event_type text NOT NULL,
    event_version integer NOT NULL,
    request_id text NOT NULL,
    traceparent text,
    body text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE stock (
    product_id text PRIMARY KEY,
    available bigint NOT NULL CHECK (available >= 0)
);

-- Events that were worked on, where a worker keeps them here rather than in DynamoDB.
CREATE TABLE idempotency (
    key text PRIMARY KEY,
    done boolean NOT NULL,
    owner text NOT NULL,
    -- While not done: until when the owner has it. Once done: until when it is remembered.
    expires_at timestamptz NOT NULL
);
