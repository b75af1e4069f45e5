-- Tables, indexes, transactions, triggers, views, full text, and what is wrong.
.bail off
PRAGMA journal_mode;
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE, price REAL CHECK (price >= 0), data BLOB);
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000)
INSERT INTO item SELECT x, printf('item-%05d', x * 7919 % 5000), x / 7.0, zeroblob(x % 300) FROM n;
CREATE INDEX price ON item(price);
SELECT count(*), sum(price), max(length(data)), min(name) FROM item;
BEGIN; DELETE FROM item WHERE id % 2 = 0; SELECT count(*) FROM item; ROLLBACK; SELECT count(*) FROM item;
BEGIN; UPDATE item SET price = price * 2 WHERE id <= 100; SAVEPOINT s; DELETE FROM item; ROLLBACK TO s; COMMIT;
SELECT round(sum(price), 3), count(*) FROM item WHERE id <= 100;
INSERT INTO item(name, price) VALUES ('item-00001', 1);
INSERT INTO item(name, price) VALUES ('bad', -1);
CREATE TABLE log(what TEXT);
CREATE TRIGGER gone AFTER DELETE ON item BEGIN INSERT INTO log VALUES (old.name); END;
DELETE FROM item WHERE price BETWEEN 100 AND 101; SELECT count(*), min(what) FROM log;
CREATE VIEW cheap AS SELECT name, price FROM item WHERE price < 1 ORDER BY name;
SELECT * FROM cheap LIMIT 3;
SELECT name, rank() OVER (ORDER BY price DESC) FROM item ORDER BY price DESC LIMIT 3;
CREATE VIRTUAL TABLE page USING fts5(title, body);
INSERT INTO page VALUES ('kernel', 'a small capability kernel'), ('engine', 'compiles modules'), ('shell', 'a small shell');
SELECT title FROM page WHERE page MATCH 'small' ORDER BY title;
SELECT json_extract('{"a":[1,2,{"b":3}]}', '$.a[2].b'), json_array(1, 'x', NULL), sqrt(2), hex('abc');
SELECT date('2024-02-29', '+1 year'), strftime('%s', '2000-01-01'), 7 / 2, 7 / 2.0, 'a' || 1;
PRAGMA integrity_check;
VACUUM;
PRAGMA page_count;
SELECT nothing FROM item;
ATTACH '/nowhere/x.db' AS other;
.schema log
