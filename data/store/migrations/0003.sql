-- The shop says that it has anonymised the order: no personal data.
ALTER TABLE orders ADD COLUMN anonymised INTEGER NOT NULL DEFAULT 0;

-- The number of the full reading of the shop in which an order was last seen. It
-- stands apart from the order, whose row is long: a full reading marks them all.
CREATE TABLE seen (
  order_id INTEGER PRIMARY KEY REFERENCES orders(id) ON DELETE CASCADE,
  reading  INTEGER NOT NULL
) STRICT;

-- Orders are read newest first without sorting them, sealed values and all, in
-- memory; what a full reading did not see is found without reading any of them.
CREATE INDEX orders_created ON orders(created_at);
CREATE INDEX orders_state ON orders(shop, state);
