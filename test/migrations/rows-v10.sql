-- What a person may have had with the first version: a photo brought in, an edit of it, an edit of that, one in the trash.
INSERT INTO assets VALUES
  (printf('%064d', 1), 'jpg', 'image/jpeg', 1000, 640, 480, 1000, 1000),
  (printf('%064d', 2), 'png', 'image/png', 2000, 512, 512, 2000, 2000),
  (printf('%064d', 3), 'png', 'image/png', 3000, 512, 512, 3000, 3000);
INSERT INTO projects VALUES ('11111111-1111-4111-8111-111111111111', 'Garden', 500, 600, 700);
INSERT INTO generations (seq, id, project_id, task, hash, width, height, prompt, seed, request, model_id, model_name, reproduce, steps, timings, job_id, batch_id, label, file_name, starred, note, trashed_at) VALUES
  (1000000, 'aaaaaaaa-0000-4000-8000-000000000001', NULL, 'import', printf('%064d', 1), 640, 480, '', NULL, NULL, NULL, NULL, NULL, NULL, '{}', NULL, NULL, '', 'Café am See.jpg', 0, '', NULL),
  (2000000, 'aaaaaaaa-0000-4000-8000-000000000002', '11111111-1111-4111-8111-111111111111', 'edit', printf('%064d', 2), 512, 512, 'make the sky violet', 42, '{"kind":"edit","prompt":"make the sky violet","image":"0000000000000000000000000000000000000000000000000000000000000001"}', 'toybox', 'Toybox', NULL, 20, '{"denoise":1.5}', NULL, NULL, '', NULL, 1, 'for the postcard', NULL),
  (3000000, 'aaaaaaaa-0000-4000-8000-000000000003', '11111111-1111-4111-8111-111111111111', 'edit', printf('%064d', 3), 512, 512, '把苹果变成红色', 43, NULL, 'toybox', 'Toybox', NULL, 20, '{}', NULL, NULL, '', NULL, 0, '', 9000);
INSERT INTO generation_inputs VALUES (2000000, 0, 'source', printf('%064d', 1)), (3000000, 0, 'source', printf('%064d', 2));
INSERT INTO tags VALUES (1, 'Holiday');
INSERT INTO generation_tags VALUES (1, 2000000);
