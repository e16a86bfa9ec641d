-- The listing of the database's catalogue that src/store/schema.sql holds: what the migrations add up to.
WITH tables AS (
  SELECT c.oid, c.relname, c.relkind
  FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
), lines AS (
  SELECT 0 AS part, extname AS subject, 0 AS kind, 0 AS nr, '' AS name, 'extension ' || extname AS line
  FROM pg_extension WHERE extname <> 'plpgsql'
  UNION ALL
  SELECT 1, relname, 0, 0, '', E'\n' || CASE relkind WHEN 'v' THEN 'view ' ELSE 'table ' END || relname FROM tables
  UNION ALL
  SELECT 1, t.relname, 1, 0, a.attname,
    '  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
      || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
      || CASE WHEN a.attidentity <> '' THEN ' identity' ELSE '' END
      || CASE WHEN a.attgenerated <> '' THEN ' generated' ELSE '' END
      || coalesce(CASE WHEN a.attgenerated <> '' THEN ' as ' ELSE ' default ' END || pg_get_expr(d.adbin, d.adrelid), '')
  FROM tables t
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
  UNION ALL
  SELECT 1, t.relname, 2, 0, c.conname, '  constraint ' || c.conname || ' ' || pg_get_constraintdef(c.oid)
  FROM tables t JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype <> 'n'
  UNION ALL
  SELECT 1, t.relname, 3, 0, i.indexname, '  ' || regexp_replace(i.indexdef, ' ON public\.', ' ON ')
  FROM tables t JOIN pg_indexes i ON i.schemaname = 'public' AND i.tablename = t.relname
  WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname AND c.contype IN ('p', 'u', 'x'))
  UNION ALL
  SELECT 1, t.relname, 4, 0, g.tgname, '  ' || pg_get_triggerdef(g.oid)
  FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
  UNION ALL
  SELECT 1, t.relname, 5, 0, '', '  as ' || pg_get_viewdef(t.oid) FROM tables t WHERE t.relkind = 'v'
  UNION ALL
  SELECT 2, p.proname, 0, 0, '', E'\n' || pg_get_functiondef(p.oid)
  FROM pg_proc p
  WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
)
SELECT string_agg(line, E'\n' ORDER BY part, subject COLLATE "C", kind, nr, name COLLATE "C", line COLLATE "C") AS listing
FROM lines
