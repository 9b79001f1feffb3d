import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

const postgresUrl = inject('postgresUrl');

export const administer = async (statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

/** A database of its own for each test: what one leaves behind another cannot see. */
export const newDatabase = async (): Promise<{ url: string; drop(): Promise<void> }> => {
  const name = `cartledger_control_${randomUUID().replaceAll('-', '')}`;
  await administer(`create database ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database if exists ${name} with (force)`) };
};
