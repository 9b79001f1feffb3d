import { type Cluster, type Kafka, PartitionAssigners } from 'kafkajs';

/**
 * kafkajs's cluster (connections, TLS, SASL, metadata): there is no public way to it but this one, that an assigner is
 * given it. The consumer made for it never joins a group.
 */
export function newCluster(kafka: Kafka): Cluster {
  let cluster: Cluster | undefined;
  kafka.consumer({
    groupId: 'cartledger-no-group',
    allowAutoTopicCreation: false,
    // Also how long it takes until partitions that the topic got are written to.
    metadataMaxAge: 10_000,
    // Only says of offsets that are listed that they are the high watermarks; fetches say themselves what they read.
    readUncommitted: true,
    partitionAssigners: [
      (context) => {
        cluster = context.cluster;
        return PartitionAssigners.roundRobin(context);
      },
    ],
  });
  if (!cluster) {
    throw new Error('kafkajs did not hand its cluster to the partition assigner: use version 2.2.4');
  }
  return cluster;
}
