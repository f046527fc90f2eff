"""The two texts of `search_schema`: statements with a blank line between, and words in braces that it fills in."""

SQLITE = """
CREATE TABLE search_key (key TEXT NOT NULL, customer_id INTEGER NOT NULL, PRIMARY KEY (key, customer_id)) STRICT, WITHOUT ROWID

CREATE INDEX search_key_customer ON search_key (customer_id)

CREATE VIRTUAL TABLE search_note USING fts5(words, tokenize='ascii', detail=none, columnsize=0, prefix='2 3 4')

CREATE TRIGGER search_customer_new AFTER INSERT ON customer BEGIN {add_keys}; END

CREATE TRIGGER search_customer_changed AFTER UPDATE OF {customer_columns} ON customer WHEN {customer_changed} BEGIN
  DELETE FROM search_key WHERE customer_id = OLD.id; {add_keys}; END

CREATE TRIGGER search_customer_gone AFTER DELETE ON customer BEGIN DELETE FROM search_key WHERE customer_id = OLD.id; END

CREATE TRIGGER search_note_new AFTER INSERT ON note BEGIN {add_note}; END

CREATE TRIGGER search_note_changed AFTER UPDATE OF {note_columns} ON note BEGIN
  DELETE FROM search_note WHERE rowid = {old_row_id}; {add_note}; END

CREATE TRIGGER search_note_gone AFTER DELETE ON note BEGIN DELETE FROM search_note WHERE rowid = {old_row_id}; END

CREATE TRIGGER search_channel_changed AFTER UPDATE OF channel ON interaction WHEN OLD.channel IS NOT NEW.channel BEGIN
  UPDATE note SET interaction_id = interaction_id WHERE interaction_id = NEW.id; END
"""

SQLITE_ADD_KEYS = """INSERT OR IGNORE INTO search_key
  SELECT one.value, NEW.id FROM json_each(search_keys(NEW.name_folded, NEW.email_folded, NEW.phone, NEW.external_id)) one
  WHERE NEW.erased_at IS NULL"""

SQLITE_ADD_NOTE = """INSERT INTO search_note (rowid, words)
  SELECT {row_id}, search_words(NEW.text) || ' §c' || NEW.customer_id || ' §k' || NEW.kind || ' §a' || NEW.author_id
    || ' §h' || lower(hex((SELECT channel FROM interaction WHERE id = NEW.interaction_id)))
  WHERE NEW.retracted_at IS NULL AND NEW.wiped_at IS NULL"""

SQLITE_ROW_ID = "((CAST(strftime('%s', NEW.written_at) AS INTEGER) / 86400 << {id_bits}) | NEW.id)"

POSTGRESQL = r"""
CREATE OR REPLACE FUNCTION search_fold(t text) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
  SELECT regexp_replace(replace(replace(replace(replace({lower}, 'þ', 'th'), 'æ', 'ae'), 'œ', 'oe'), 'ß', 'ss'), '[{unseen}]+', '', 'g') $$

CREATE OR REPLACE FUNCTION search_pieces(t text) RETURNS text[] IMMUTABLE STRICT PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE bare text := btrim(regexp_replace(search_fold(t), '[{separators}\s]+', ' ', 'g'));
BEGIN
  IF bare ~ '[{unspaced}]' THEN
    bare := btrim(regexp_replace(regexp_replace(bare, '([{unspaced}]+)', ' \1 ', 'g'), ' +', ' ', 'g'));
  END IF;
  IF bare = '' THEN RETURN '{}'; END IF;
  IF bare !~ '[^ ]{{longest}}[^ ]' THEN RETURN string_to_array(bare, ' '); END IF;
  RETURN ARRAY(SELECT CASE WHEN one ~ '^[{unspaced}]' THEN one ELSE left(one, {longest}) END
               FROM unnest(string_to_array(bare, ' ')) WITH ORDINALITY AS w (one, n) ORDER BY n);
END $$

CREATE OR REPLACE FUNCTION search_words(t text) RETURNS text[] IMMUTABLE STRICT PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE made text[] := '{}'; one text; letters text[]; words text[] := search_pieces(t);
BEGIN
  IF t !~ '[^\u0001-\u0dff]' THEN RETURN words; END IF;
  FOREACH one IN ARRAY words LOOP
    IF one ~ '^[{unspaced}]' THEN
      letters := string_to_array(one, NULL);
      made := made || ARRAY(SELECT x FROM generate_series(1, array_length(letters, 1)) n
                            CROSS JOIN LATERAL (VALUES (1, letters[n]), (2, letters[n] || letters[n + 1])) v (i, x)
                            WHERE x IS NOT NULL ORDER BY n, i);
    ELSE made := made || one; END IF;
  END LOOP;
  RETURN made;
END $$

CREATE OR REPLACE FUNCTION search_keys(name text, email text, phone text, number text) RETURNS SETOF text
IMMUTABLE PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE words text[] := search_pieces(name); whole text := array_to_string(words, ' '); digits text; one text;
BEGIN
  FOREACH one IN ARRAY words || search_pieces(translate(name, '''-{hyphen}', '')) LOOP
    IF one ~ '^[{unspaced}]' THEN
      RETURN QUERY SELECT substr(one, n, {longest}) || ' ' || whole || ' ' FROM generate_series(1, char_length(one)) n;
    ELSE RETURN NEXT one || ' ' || whole || ' '; END IF;
  END LOOP;
  IF email <> '' THEN RETURN NEXT '@' || email; END IF;
  RETURN NEXT '#' || btrim(regexp_replace(search_fold(number), '\s+', ' ', 'g')) || ' ';
  digits := reverse(ltrim(regexp_replace(replace(normalize(phone, NFKC), '(0)', ''), '[^0-9]+', '', 'g'), '0'));
  IF char_length(digits) >= {fewest_digits} THEN RETURN NEXT '+' || digits; END IF;
END $$

CREATE OR REPLACE FUNCTION search_vector(n note, channel text) RETURNS tsvector IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
  SELECT array_to_tsvector(search_words(n.text) || ARRAY['§c' || n.customer_id, '§k' || n.kind, '§a' || n.author_id,
    '§h' || encode(convert_to(channel, 'UTF8'), 'hex'),
    '§m' || (date_part('year', n.written_at AT TIME ZONE 'UTC') * 12 + date_part('month', n.written_at AT TIME ZONE 'UTC'))]) $$

CREATE TABLE search_key (key text COLLATE "C" NOT NULL, customer_id bigint NOT NULL, PRIMARY KEY (key, customer_id))

CREATE INDEX search_key_customer ON search_key (customer_id)

CREATE TABLE search_note (
  note_id bigint PRIMARY KEY, written_at timestamptz NOT NULL, review_on date, words tsvector NOT NULL)

CREATE INDEX search_note_newest ON search_note (written_at, note_id)

CREATE INDEX search_note_words ON search_note USING gin (words) WITH (fastupdate = off)

CREATE OR REPLACE FUNCTION search_keep_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN DELETE FROM search_key WHERE customer_id = OLD.id; END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO search_key SELECT key, NEW.id FROM search_keys(NEW.name_folded, NEW.email_folded, NEW.phone, NEW.external_id) key
    WHERE NEW.erased_at IS NULL ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$

CREATE OR REPLACE FUNCTION search_keep_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN DELETE FROM search_note WHERE note_id = OLD.id; END IF;
  IF TG_OP <> 'DELETE' AND NEW.retracted_at IS NULL AND NEW.wiped_at IS NULL THEN
    INSERT INTO search_note SELECT NEW.id, NEW.written_at, NEW.review_on, search_vector(NEW, channel) FROM interaction WHERE id = NEW.interaction_id;
  END IF;
  RETURN NULL;
END $$

CREATE OR REPLACE FUNCTION search_keep_channel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN UPDATE note SET interaction_id = interaction_id WHERE interaction_id = NEW.id; RETURN NULL; END $$

CREATE TRIGGER search_customer_new AFTER INSERT ON customer FOR EACH ROW EXECUTE FUNCTION search_keep_customer()

CREATE TRIGGER search_customer_changed AFTER UPDATE OF {customer_columns} ON customer FOR EACH ROW
  WHEN ({customer_changed}) EXECUTE FUNCTION search_keep_customer()

CREATE TRIGGER search_customer_gone AFTER DELETE ON customer FOR EACH ROW EXECUTE FUNCTION search_keep_customer()

CREATE TRIGGER search_note_new AFTER INSERT ON note FOR EACH ROW EXECUTE FUNCTION search_keep_note()

CREATE TRIGGER search_note_changed AFTER UPDATE OF {note_columns} ON note FOR EACH ROW EXECUTE FUNCTION search_keep_note()

CREATE TRIGGER search_note_gone AFTER DELETE ON note FOR EACH ROW EXECUTE FUNCTION search_keep_note()

CREATE TRIGGER search_channel_changed AFTER UPDATE OF channel ON interaction FOR EACH ROW
  WHEN (OLD.channel IS DISTINCT FROM NEW.channel) EXECUTE FUNCTION search_keep_channel()
"""

KEYS_SQLITE = """SELECT DISTINCT one.value, customer.id
  FROM customer, json_each(search_keys(customer.name_folded, customer.email_folded, customer.phone, customer.external_id)) one
  WHERE customer.erased_at IS NULL"""

NOTES_SQLITE = """SELECT {row_id}, search_words(note.text) || ' §c' || note.customer_id || ' §k' || note.kind || ' §a' || note.author_id
    || ' §h' || lower(hex(interaction.channel))
  FROM note JOIN interaction ON interaction.id = note.interaction_id
  WHERE note.retracted_at IS NULL AND note.wiped_at IS NULL"""

FILL_SQLITE = """
INSERT INTO search_key {keys} ORDER BY 1, 2

INSERT INTO search_note (rowid, words) {notes}
"""

KEYS_POSTGRESQL = """SELECT DISTINCT key, customer.id
  FROM customer, search_keys(customer.name_folded, customer.email_folded, customer.phone, customer.external_id) key
  WHERE customer.erased_at IS NULL"""

NOTES_POSTGRESQL = """SELECT note.id, note.written_at, note.review_on, search_vector(note, interaction.channel)
  FROM note JOIN interaction ON interaction.id = note.interaction_id
  WHERE note.retracted_at IS NULL AND note.wiped_at IS NULL"""

FILL_POSTGRESQL = """
DROP INDEX search_key_customer

DROP INDEX search_note_newest

DROP INDEX search_note_words

ALTER TABLE search_key DROP CONSTRAINT search_key_pkey

INSERT INTO search_key {keys} ORDER BY 1, 2

ALTER TABLE search_key ADD PRIMARY KEY (key, customer_id)

CREATE INDEX search_key_customer ON search_key (customer_id)

INSERT INTO search_note {notes} ORDER BY note.written_at

CREATE INDEX search_note_newest ON search_note (written_at, note_id)

CREATE INDEX search_note_words ON search_note USING gin (words) WITH (fastupdate = off)

ANALYZE search_key

ANALYZE search_note
"""

# How many rows should be there and are not, or are and should not.
CHECK = """SELECT (SELECT count(*) FROM ({expected} EXCEPT {kept}) a) + (SELECT count(*) FROM ({kept} EXCEPT {expected}) b)"""
