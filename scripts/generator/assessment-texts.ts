import type { Criterion } from "../../entities/enums.ts";

/** What a level of a criterion sounds like in feedback: weak (below 5.5), fair, and strong (from 7). */
type Level = "weak" | "fair" | "strong";

export const levelOf = (score: number): Level => (score < 5.5 ? "weak" : score < 7 ? "fair" : "strong");

interface CriterionTexts {
  readonly feedback: Readonly<Record<Level, readonly string[]>>;
  /** What to practise next. */
  readonly plan: readonly string[];
}

export const CRITERION_TEXTS: Readonly<Record<Criterion, CriterionTexts>> = {
  fluency_coherence: {
    feedback: {
      weak: [
        "Your answers often stop after one sentence, and the examiner has to ask again. Long silences in front of ordinary words show that you are translating in your head.",
        "You begin several answers twice and then change the subject. A listener cannot always tell which of your points belong together.",
      ],
      fair: [
        "You keep talking without help and most answers have a reason in them. When a question is abstract you repeat its words to win time, and the thread is sometimes lost.",
        "You can fill the long turn, though the second half returned to what you had said before. Signposts such as 'for example' are used well, but always the same three.",
      ],
      strong: [
        "You develop each answer from a point to a reason to an example, and the listener never has to work. The few pauses that you make are for ideas, not for language.",
        "You speak at length with ease and correct yourself without losing the thread. Your long turn had a clear beginning, a turning point and an end.",
      ],
    },
    plan: [
      "Retell one news story a day in ninety seconds without notes. Record yourself, and count the pauses that come in the middle of a phrase.",
      "Before you answer a part 3 question, decide on one reason and one example. Say both, then stop; do this with five questions a day.",
    ],
  },
  lexical_resource: {
    feedback: {
      weak: [
        "You rely on 'good', 'thing' and 'a lot' where the topic asks for an exact word. When a word is missing the idea is given up instead of being described.",
        "Your vocabulary carries daily life, but not work, science or society. Several words were taken from the question and never replaced by your own.",
      ],
      fair: [
        "You have enough words for every topic that came up and can explain what you cannot name. Collocations are less certain: 'make a research' and 'strong rain' were both understood and both wrong.",
        "The range is adequate and the spelling of common words is sure. Less common words appear, but more for show than because the sentence needs them.",
      ],
      strong: [
        "Your choice of words is precise, and you tell near synonyms apart without effort. Idiomatic expressions come at the right moment and in the right register.",
        "You paraphrase the question with confidence and use topic vocabulary naturally. One or two collocations are slightly off, but never unclear.",
      ],
    },
    plan: [
      "Collect ten word pairs a week that belong together (heavy rain, do research) and use each one in a sentence about your own life.",
      "Take one paragraph of yours, underline every 'good', 'bad' and 'big', and replace each with a word that says why.",
    ],
  },
  grammatical_range: {
    feedback: {
      weak: [
        "Simple sentences are mostly correct, but nearly every attempt at a longer one breaks. Tenses change inside a single story, so that it is not clear what happened first.",
        "Articles and verb endings are missing in more than half of your sentences. A reader has to guess who did what and when.",
      ],
      fair: [
        "You mix simple and complex sentences, and errors rarely hide the meaning. Conditionals are attempted and half of them succeed.",
        "There is a fair variety of structures. Articles before countable nouns and the third person -s are the errors that return.",
      ],
      strong: [
        "Most of your sentences are free of errors, and you use relative clauses, conditionals and passives where they help. Slips are rare and you often mend them yourself.",
        "You vary the shape of your sentences with purpose: short ones to make a point, longer ones to weigh it. Punctuation supports the meaning throughout.",
      ],
    },
    plan: [
      "Tell one story a day in the past tense only, record it, and count how often you leave that tense.",
      "Check every noun of your next text for its article, then every verb for its ending: two passes, nothing else.",
    ],
  },
  pronunciation: {
    feedback: {
      weak: [
        "Individual sounds are often unclear and final consonants disappear, so that 'worked' and 'work' cannot be told apart. A patient listener follows, but with strain.",
        "Each word has the same stress, which makes longer sentences hard to divide. Several key words had to be guessed.",
      ],
      fair: [
        "You can be understood throughout. Word stress in longer words is unsteady, and your voice does not yet mark what is new and what is known.",
        "Most sounds are clear and the rhythm is even. Chunking breaks down when you speak fast, and endings are swallowed.",
      ],
      strong: [
        "Stress and intonation carry your meaning: contrasts are audible and lists rise and fall as they should. Your accent never gets in the way.",
        "You are easy to understand from the first word to the last, and you use pauses to group ideas. A few vowels differ, without any effect on the listener.",
      ],
    },
    plan: [
      "Mark the stressed syllable of ten long words a day, read them aloud, and compare your recording with a dictionary's.",
      "Shadow two minutes of a podcast each morning: speak together with the voice, and copy its pauses before its sounds.",
    ],
  },
  task_achievement: {
    feedback: {
      weak: [
        "Parts of the task are not answered, and some of what is written does not belong to it. The text is also shorter than it has to be.",
        "There is no overview, so that the reader sees figures but no message. Two of the three points of the task are only named.",
      ],
      fair: [
        "All parts of the task are addressed, some more fully than others. Your position is clear, but the conclusion repeats the introduction instead of answering it.",
        "The overview names the main trend. Comparisons quote figures without saying what they mean.",
      ],
      strong: [
        "You answer every part of the task and support each claim with a developed example. Your position is clear from the first paragraph to the last.",
        "Key features are selected well and compared, not listed. The reader could draw the chart from your text.",
      ],
    },
    plan: [
      "Spend four minutes on a plan before you write: one line for each part of the task, one example for each line.",
      "Write only the overview of ten different charts this week: two sentences each, no figures.",
    ],
  },
  coherence_cohesion: {
    feedback: {
      weak: [
        "Ideas follow one another without an order that a reader could name. Paragraphs begin and end in the middle of a thought.",
        "Linking words are used as decoration: 'moreover' introduces a contrast, 'however' an addition. References such as 'this' and 'it' point nowhere.",
      ],
      fair: [
        "Each paragraph has one main idea, and the order makes sense. Transitions between sentences are sometimes mechanical: 'firstly, secondly, thirdly'.",
        "The text can be followed without reading twice. The second body paragraph holds two ideas that deserve one each.",
      ],
      strong: [
        "The argument moves forward in every paragraph, and references tie sentences together without drawing attention to themselves.",
        "Paragraphing is skilful, and the reader is told at each turn where the argument stands. Linking is mostly invisible, as it should be.",
      ],
    },
    plan: [
      "Write the topic sentence of each paragraph first. If the four sentences alone do not make an argument, change them before you go on.",
      "Take out every linking word of an old essay, and put back only those without which the reader is lost.",
    ],
  },
};

export const OPENINGS: readonly string[] = [
  "Thank you for completing this assessment.",
  "This was a complete attempt under exam conditions.",
  "Here is what the examiner noticed, criterion by criterion.",
];

export const CLOSINGS: readonly string[] = [
  "Take the next assessment in about ten days: improvement shows in the second attempt, not in the first.",
  "Work on one point at a time; the others will wait.",
  "Come back when you have practised for a week, and compare the two results.",
];

export const REPORT_DESCRIPTIONS = {
  inappropriate_ai: [
    "Maya interrupted me twice while I was still speaking.",
    "The examiner's comment about my home town sounded rude to me.",
  ],
  bug: [
    "The timer stood still at 1:30 during part 2.",
    "The page lost my last paragraph when the connection was weak.",
    "My recording was played back at half speed.",
  ],
  inaccurate_score: [
    "My grammar score fell although I made fewer mistakes than last time.",
    "I believe that my essay answered all parts of the task. Can somebody read it?",
    "Pronunciation was 6.5 last week and 5 today, with the same headset.",
  ],
} as const;

export const ADMIN_NOTES = {
  investigating: ["Listening to the recording.", "A second reader has the text."],
  resolved: [
    "Second reader agrees with the score; explained to the user.",
    "Reproduced and fixed; the user has a free attempt.",
  ],
  dismissed: ["The recording does not show what was reported.", "Duplicate of an earlier report."],
} as const;

export const SAFETY_EVENTS = {
  none: {
    categories: [],
    user_response: ["My brother would kill me if I lost his bicycle.", "That exam was murder, honestly."],
    ai_response: ["I see! Tell me more about that.", "Thank you. Let us go on to the next question."],
  },
  warn: {
    categories: ["profanity"],
    user_response: ["[swears at the traffic]", "[swears after a mistake]"],
    ai_response: ["Let us keep our language polite, as in the exam.", "Could you say that without strong words?"],
  },
  block: {
    categories: ["hate_speech", "violence"],
    user_response: ["[insults a group of people]", "[threatens another candidate]"],
    ai_response: ["I am ending this interview now.", "I cannot go on with this answer."],
  },
} as const;
