-- When the provider was last asked to charge: for a while after that, a charge may still be made.
ALTER TABLE orders ADD COLUMN asked_at timestamptz;
-- Not before this is a payment tried again that the provider declined for now.
ALTER TABLE orders ADD COLUMN retry_at timestamptz;
-- When somebody last looked for the money.
ALTER TABLE orders ADD COLUMN looked_at timestamptz;

-- Money that may be where it should not be: asked for and not known to be charged, or charged for what is cancelled.
CREATE INDEX orders_unsettled ON orders (changed_at)
    WHERE payment = 'CHARGING' OR (payment = 'CAPTURED' AND status = 'CANCELLED');
