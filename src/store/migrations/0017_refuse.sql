-- Undoes the transaction of a statement whose condition does not hold (store/refusals.ts).
CREATE FUNCTION refuse(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'SB001', MESSAGE = 'not as the transaction believes: ' || what;
END $$;
