-- Every store is counted anew, so that its carts say how many removes matched nothing in them.
TRUNCATE TABLE IF EXISTS store_state
