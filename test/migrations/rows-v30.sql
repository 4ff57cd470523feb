-- On top of the older rows: a chat about the edited picture.
INSERT INTO chats VALUES ('cccccccc-0000-4000-8000-000000000001', NULL, 'What is this?', 4000, 5000);
INSERT INTO chat_pictures VALUES ('cccccccc-0000-4000-8000-000000000001', 0, printf('%064d', 2));
INSERT INTO turns (id, chat_id, role, text, created_at, facts) VALUES
  ('dddddddd-0000-4000-8000-000000000001', 'cccccccc-0000-4000-8000-000000000001', 'user', 'What is in it?', 4000, '{"jobId":null,"state":null,"tokens":null,"stopReason":null,"timingsMs":{},"failure":null}'),
  ('dddddddd-0000-4000-8000-000000000002', 'cccccccc-0000-4000-8000-000000000001', 'assistant', 'A lighthouse by the water.', 5000, '{"jobId":null,"state":"done","tokens":6,"stopReason":"eos","timingsMs":{},"failure":null}');
