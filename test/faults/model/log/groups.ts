import type { Process } from '../world/processes.ts';
import type { World } from '../world/scheduler.ts';
import type { Broker } from './broker.ts';

/** What a member is told, each time in a step of its process. */
type Told = {
  /** The group begins anew: nothing is the member's until it is assigned again. */
  onRebalance(): void;
  onAssigned(partitions: readonly number[]): void;
};

export type Member = { readonly id: number; readonly process: Process; readonly group: Group; readonly told: Told };

export type Group = {
  readonly topic: string;
  readonly groupId: string;
  generation: number;
  members: Member[];
  /** Of the present generation. */
  readonly joined: Set<Member>;
  isStable: boolean;
  /** How many partitions the topic had when they were handed out. */
  dealtOut: number;
  commits: Map<number, { offset: bigint; metadata: string }>;
};

export type Groups = {
  join(process: Process, topic: string, groupId: string, told: Told): Member;
  leave(member: Member): void;
  /** Out of the group without being told; it finds out, and joins again. */
  expel(member: Member): void;
  /** Takes all partitions of all members away and hands them out anew. */
  rebalance(group: Group): void;
  isMember(member: Member): boolean;
  find(topic: string, groupId: string): Group;
  readonly all: readonly Group[];
  commit(group: Group, partition: number, offset: bigint, metadata: string): void;
};

/** Between two looks of a leader at how many partitions there are. */
const LOOK_MS = 9_000;
/** Who gives no sign of life for so long is out. */
const SESSION_MS = 10_000;

/**
 * Consumer groups as Kafka's classic protocol has them: each change takes all partitions from all members, and hands
 * them out again once every member has joined the new generation or is out for its silence.
 */
export const createGroups = (world: World, broker: Broker): Groups => {
  const groups: Group[] = [];
  let ids = 0;
  const now = (): number => world.clock.now();

  const find = (topic: string, groupId: string): Group => {
    const known = groups.find((group) => group.topic === topic && group.groupId === groupId);
    if (known !== undefined) return known;
    const made: Group = {
      topic,
      groupId,
      generation: 0,
      members: [],
      joined: new Set(),
      isStable: false,
      dealtOut: 0,
      commits: new Map(),
    };
    groups.push(made);
    return made;
  };

  const isMember = (member: Member): boolean => member.group.members.includes(member);

  const step = (owner: Process | null, label: string, ms: number, run: () => void): void => {
    world.add({ kind: 'group', label, owner, at: now() + ms, run });
  };

  const handOut = (group: Group): void => {
    if (group.isStable || group.members.some((member) => !group.joined.has(member))) return;
    group.isStable = true;
    const { generation, members } = group;
    if (members.length === 0) return;
    const partitions = broker.find(group.topic)?.partitions.map(({ index }) => index) ?? [];
    const first = world.below(members.length, 'who is first');
    world.count('group handed out');
    group.dealtOut = partitions.length;
    for (const [index, member] of members.entries()) {
      const own = partitions.filter((partition) => (partition + first) % members.length === index);
      step(member.process, `group ${group.groupId} assigns ${own.join(' ')}`, 0, () => {
        if (isMember(member) && group.generation === generation) member.told.onAssigned(own);
      });
    }
  };

  const begin = (group: Group): void => {
    const generation = ++group.generation;
    group.isStable = false;
    group.joined.clear();
    for (const member of group.members) {
      step(member.process, `group ${group.groupId} rebalances`, 0, () => {
        if (!isMember(member) || group.generation !== generation) return;
        member.told.onRebalance();
        group.joined.add(member);
        handOut(group);
      });
    }
    step(null, `group ${group.groupId} waits no longer`, SESSION_MS, () => {
      if (group.isStable || group.generation !== generation) return;
      for (const silent of group.members.filter((member) => !group.joined.has(member))) expelSilently(silent);
      handOut(group);
    });
    if (group.members.length === 0) handOut(group);
  };

  const rejoin = (member: Member): void => {
    member.told.onRebalance();
    member.group.members.push(member);
    begin(member.group);
  };

  const expelSilently = (member: Member): void => {
    member.group.members = member.group.members.filter((other) => other !== member);
    // Told at its next heartbeat: until then it is a zombie.
    step(member.process, `group ${member.group.groupId} knows it no more`, 0, () => {
      if (!isMember(member) && !left.has(member)) rejoin(member);
    });
  };

  const left = new WeakSet<Member>();
  const groups_: Groups = {
    all: groups,
    find,
    isMember,
    join: (process, topic, groupId, told) => {
      const group = find(topic, groupId);
      const member: Member = { id: ids++, process, group, told };
      group.members.push(member);
      begin(group);
      return member;
    },
    leave: (member) => {
      left.add(member);
      if (!isMember(member)) return;
      member.group.members = member.group.members.filter((other) => other !== member);
      begin(member.group);
    },
    expel: (member) => {
      if (!isMember(member)) return;
      expelSilently(member);
      begin(member.group);
    },
    rebalance: begin,
    commit: (group, partition, offset, metadata) => {
      group.commits.set(partition, { offset, metadata });
      world.observe('committed', { groupId: group.groupId, topic: group.topic, partition, offset, metadata });
    },
  };

  const silentFrom = (process: Process): void => {
    const members = groups.flatMap((group) => group.members.filter((member) => member.process === process));
    for (const member of members)
      step(null, `session of ${process.name} is over`, SESSION_MS, () => {
        if (process.state !== 'alive') groups_.expel(member);
      });
  };
  broker.onChange((topic) => {
    for (const group of groups) {
      const hasOthers = (): boolean =>
        group.topic === topic && group.isStable && broker.find(topic)?.partitions.length !== group.dealtOut;
      if (!hasOthers()) continue;
      step(null, `the leader of ${group.groupId} sees other partitions`, LOOK_MS, () => {
        if (hasOthers()) begin(group);
      });
    }
  });
  world.on('killed', silentFrom);
  world.on('paused', silentFrom);
  return groups_;
};
