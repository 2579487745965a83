-- Models of the installation itself, which every organization of it may use: those that come with the program.
ALTER TABLE "model" ADD COLUMN "shared" BOOLEAN NOT NULL DEFAULT false;

UPDATE "model" AS m SET "shared" = true
  FROM "setting" AS s, jsonb_each_text(s."value") AS bundled
 WHERE s."organization_id" = m."organization_id"
   AND s."key" = 'bundled-models'
   AND bundled.key = m."name"
   AND bundled.value = m."source_path";
