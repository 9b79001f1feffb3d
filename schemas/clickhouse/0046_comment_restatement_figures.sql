-- The comment of 0040 names a path that no report has: an order's items are orders.gross_sales there, as here.
ALTER TABLE restatements COMMENT COLUMN IF EXISTS figure
  'Path in a report: funnel UNIT/MODE/WINDOW stages.STAGE.units, abandonment carts.STATE, revenue CURRENCY carts.left, revenue CURRENCY orders.gross_sales ...; or all'
