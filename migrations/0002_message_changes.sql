ALTER TABLE `conversations` ADD `blocked_a` integer;--> statement-breakpoint
ALTER TABLE `conversations` ADD `blocked_b` integer;--> statement-breakpoint
ALTER TABLE `messages` ADD `edit_id` text;--> statement-breakpoint
ALTER TABLE `messages` ADD `edit_rev` integer;