import { type Answer, createCannedServer } from './canned-server.ts';
import { cartledger, type Ran } from './in-process.ts';

/** Runs a command against a server that gives these answers, one after another, the last for ever; tells what was asked. */
export const createTold = () => {
  const { serve } = createCannedServer();
  return async (answers: readonly Answer[], ...args: string[]): Promise<Ran & { asked: string[] }> => {
    const asked: string[] = [];
    const url = serve((request, _token, body) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? { body: {} };
      asked.push(`${request} ${body}`.trim());
      return answer;
    });
    return { ...(await cartledger([...args, '--url', url, '--token', 't'])), asked };
  };
};
