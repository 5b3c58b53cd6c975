-- Edited by hand: WITHOUT ROWID on both tables, as in 0000.
CREATE TABLE `aliases` (
	`alias` text PRIMARY KEY NOT NULL,
	`user` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `aliases_user` ON `aliases` (`user`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text,
	`picture` text,
	`claimed_at_ms` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `conversations` ADD `state` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `conversations` ADD `muted_a` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `conversations` ADD `muted_b` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `conversations` ADD `archived_a` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `conversations` ADD `archived_b` integer DEFAULT false NOT NULL;