/** What a restored table has to get by other hands, for what a command says at its end. */
export const leftoversOf = (restored: string, lived: string): readonly string[] => [
  `the table's resource policy: aws dynamodb get-resource-policy of ${lived}, with the name changed, put on ${restored}`,
  `the alarms: those of ${lived} watch a table that nobody uses; make them for ${restored}`,
  `the functions' and the scripts' IAM policies: they name ${lived}, and every request to ${restored} is denied`,
  `the stream, Contributor Insights and the backup plan's selection, if ${lived} had them`,
  `the stores' messages and purchases since the backup: have the stores send theirs again, and the apps restore`,
  `accounts.finishErasures, an hour from now: it makes the erasures final that were made again`,
  `TABLE_NAME=${restored} for every function and job, at once; keep ${lived} until nobody asks for what came after the backup`,
];
