-- How much an order's lines have as JSON, so that a page of orders is chosen without reading them. Unit: bytes. Versions
-- before this one leave it out.
ALTER TABLE orders ADD COLUMN bytes integer;
