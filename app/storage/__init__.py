"""PostgreSQL: embedded or not, its migrations, and the records in it through Prisma, which nothing else imports."""
