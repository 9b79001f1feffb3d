import { ApiError } from '../api/client.ts';

const TITLES: Record<string, string> = {
  unreachable: 'Cartledger does not answer',
  recounting: 'Being counted anew',
  unexpected_answer: 'An answer this page does not understand',
};

/** What happened, in the server's words, and the way on. */
export const Failure = ({ error, retry }: { error: Error; retry: () => void }) => {
  const code = error instanceof ApiError ? error.code : 'unknown';
  const status = error instanceof ApiError && error.status > 0 ? ` (${error.status} ${code})` : '';
  return (
    <div className="blank" role="alert">
      <h2>{TITLES[code] ?? 'This could not be shown'}</h2>
      <p>
        {error.message}
        {status}
      </p>
      <button type="button" className="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
};
