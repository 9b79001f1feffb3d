import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LocalStackError } from './errors.ts';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Whom to run as a program that refuses to run as root; undefined when this process is not root. */
export const unprivilegedUser = (): User | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync('/etc/passwd', 'utf8');
  const user = findUser(passwd, 'postgres') ?? findUser(passwd, 'nobody');
  if (user) return user;
  throw new LocalStackError(
    'not_available',
    'PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: run this as another user',
  );
};

export const findUser = (passwd: string, name: string): User | undefined => {
  const [, , uid, gid] =
    passwd
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid) };
};

/** Whether others than the owner may pass through every directory above the path: /root, for one, lets nobody in. */
export const isReachableForOthers = (path: string): boolean => {
  const parent = dirname(path);
  if (parent === path) return true;
  return (statSync(parent).mode & 0o001) !== 0 && isReachableForOthers(parent);
};
