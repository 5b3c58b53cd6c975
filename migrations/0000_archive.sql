-- Edited by hand: WITHOUT ROWID on both tables, which drizzle-kit cannot express. A message is then one row
-- written (its primary key is the table), and a summary's update touches one row.
CREATE TABLE `conversations` (
	`id` text PRIMARY KEY NOT NULL,
	`user_a` text NOT NULL,
	`user_b` text NOT NULL,
	`rev` integer NOT NULL,
	`head` integer NOT NULL,
	`last_author` text,
	`last_text` text,
	`last_at_ms` integer,
	`count_a` integer NOT NULL,
	`read_a` integer NOT NULL,
	`read_b` integer NOT NULL,
	`read_count_a` integer NOT NULL,
	`read_count_b` integer NOT NULL,
	`updated_at_ms` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `conversations_user_a` ON `conversations` (`user_a`);--> statement-breakpoint
CREATE INDEX `conversations_user_b` ON `conversations` (`user_b`);--> statement-breakpoint
CREATE TABLE `messages` (
	`conversation` text NOT NULL,
	`seq` integer NOT NULL,
	`rev` integer NOT NULL,
	`created_rev` integer NOT NULL,
	`author` text NOT NULL,
	`id` text NOT NULL,
	`text` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`count_a` integer NOT NULL,
	`edited_at_ms` integer,
	`deleted_at_ms` integer,
	`reply_to` integer,
	`reactions` text,
	`data` text,
	PRIMARY KEY(`conversation`, `seq`)
) WITHOUT ROWID;
