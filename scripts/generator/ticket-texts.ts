import type { TicketCategory } from "../../entities/enums.ts";

/** A technical cause behind a ticket, as the DevOps agent finds it. */
interface Incident {
  readonly affected_service: string;
  readonly issue_description: string;
  readonly ai_analysis: string;
  readonly proposed_fix: string;
  readonly code_diff: string;
}

interface TicketTexts {
  readonly subjects: readonly (readonly [subject: string, message: string])[];
  readonly answers: readonly string[];
  readonly incidents: readonly Incident[];
}

const diff = (file: string, before: string, after: string) => `--- a/${file}\n+++ b/${file}\n-${before}\n+${after}\n`;

export const TICKET_TEXTS: Readonly<Record<TicketCategory, TicketTexts>> = {
  purchase: {
    subjects: [
      [
        "Paid, but the course is locked",
        "I paid for the writing course this morning and the app still shows the shop.",
      ],
      ["Invoice for my company", "My employer pays for the course. Where can I find an invoice?"],
      ["Can I use one purchase on two phones?", "I have an iPhone and an Android tablet. Do I have to buy twice?"],
    ],
    answers: [
      "The store that sold the product sends the invoice; in its app it is under the purchase history.",
      "Your purchase belongs to your account: log in with the same e-mail address and it is there.",
    ],
    incidents: [],
  },
  qr_code: {
    subjects: [
      ["The QR code never logs me in", "I scan the code, my phone says done, and the web page goes on waiting."],
      ["QR code expired at once", "The code says that it has expired before I can take out my phone."],
    ],
    answers: [
      "Please reload the page for a new code; each code works for five minutes and for one device.",
      "Please check that the clock of your phone is set automatically, then scan a new code.",
    ],
    incidents: [
      {
        affected_service: "api_gateway",
        issue_description: "The web page polls a status that is cached for 30 seconds.",
        ai_analysis:
          "Responses of the status route carry an Age header of up to 30; the token was redeemed long before.",
        proposed_fix: "Turn caching off for the QR status route.",
        code_diff: diff("template.yaml", "          CachingEnabled: true", "          CachingEnabled: false"),
      },
    ],
  },
  audio: {
    subjects: [
      [
        "The microphone stops after a minute",
        "In part 2 the recording stopped after about a minute. My answer was cut off.",
      ],
      ["Maya does not hear me", "The level meter moves, but Maya asks me to speak up again and again."],
      ["Echo during the interview", "I hear myself with a delay of a second, which makes it impossible to speak."],
    ],
    answers: [
      "Please allow the browser to use the microphone and close other apps that record sound.",
      "Please try a wired headset; we have unlocked a free attempt for you.",
    ],
    incidents: [
      {
        affected_service: "lambda",
        issue_description: "Audio uploads that last longer than 60 seconds end with a time-out.",
        ai_analysis: "All failed uploads ran 60.0 seconds: the function's own timeout. Memory and network were idle.",
        proposed_fix: "Raise the timeout of the upload function from 60 to 150 seconds.",
        code_diff: diff("template.yaml", "      Timeout: 60", "      Timeout: 150"),
      },
      {
        affected_service: "nova_sonic",
        issue_description: "Speech is not recognised when the input has 8 kHz.",
        ai_analysis: "Some Bluetooth headsets fall back to 8 kHz; the stream is opened with a fixed rate of 16 kHz.",
        proposed_fix: "Resample the input to 16 kHz before it is sent.",
        code_diff: diff("audio/stream.ts", "  send(chunk);", "  send(resample(chunk, rate, 16_000));"),
      },
    ],
  },
  refund: {
    subjects: [
      ["I want my money back", "I bought the mock test by mistake and have not opened it."],
      ["Charged twice", "My card was charged twice within a minute. Please pay one back."],
    ],
    answers: [
      "A colleague will check the purchase and refund it through the store.",
      "The second charge is a reservation that the store releases within three days.",
    ],
    incidents: [],
  },
  technical: {
    subjects: [
      ["My essay is gone", "I wrote for forty minutes, pressed submit, and the page was empty."],
      ["The results page stays blank", "My assessment is completed, but the results never appear."],
      ["Feedback in the wrong language", "My feedback came in Spanish although my account is in English."],
    ],
    answers: [
      "Your text was saved as a draft; please open the assessment again and press submit.",
      "We are looking into it and will write again as soon as your results are there.",
    ],
    incidents: [
      {
        affected_service: "dynamodb",
        issue_description: "Results that are larger than 400 KB are refused.",
        ai_analysis: "The transcript was stored inside the assessment; long sessions exceed the limit of an item.",
        proposed_fix: "Store the transcript in S3 and keep its key.",
        code_diff: diff("results/store.ts", "  transcript,", "  transcript_key: await upload(transcript),"),
      },
      {
        affected_service: "gemini",
        issue_description: "The evaluation fails when the model answers with text before its JSON.",
        ai_analysis: "In 0.4 % of the calls the answer begins with a sentence; parsing stops at its first letter.",
        proposed_fix: "Ask for the JSON response type and validate it against the schema.",
        code_diff: diff(
          "evaluation/request.ts",
          "  temperature: 0.2,",
          '  temperature: 0.2, responseMimeType: "application/json",',
        ),
      },
    ],
  },
};

export const REVIEW_REASONS = {
  approved: ["Small, reversible, and the cause is clear.", "Covered by a test; goes out with the next release."],
  rejected: ["Treats the symptom; the cause is elsewhere.", "The data layer already makes a repetition harmless."],
} as const;

export const REVIEWERS: readonly string[] = ["dana.reviewer@example.com", "omar.reviewer@example.com"];
