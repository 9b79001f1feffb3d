/** What the store asks of the world: that a call to it takes its way, with whatever befalls it there. */

type Plan = 'ok' | 'refused' | 'lost_request' | 'lost_answer' | 'late' | 'twice' | 'torn';

export type Call<T> = {
  label: string;
  /** Those this call may suffer. */
  plans: readonly Plan[];
  /** The server takes it up; throws its refusal. Before each `land`. */
  begin?(): void;
  /** The effect, all at once; throws the server's own error. */
  land(torn?: number): T;
  refuse(): Error;
  timeout(): Error;
};

/** Takes a call of one process to the store. */
export type Calls = <T>(call: Call<T>) => Promise<T>;

/** Nothing befalls a call, and none overtakes another. */
export const immediately: Calls = async (call) => {
  call.begin?.();
  return call.land();
};
