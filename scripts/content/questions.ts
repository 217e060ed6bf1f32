import type { QuestionContent } from "./content-types.ts";

/**
 * The question bank. Every question and every sample answer was written for this project; none is
 * taken from a published test. Sample answers aim at about band 7 to 8, and the figures that the
 * academic tasks describe are invented.
 */
export const questions: readonly QuestionContent[] = [
  // ----- Speaking, part 1: short questions about the candidate -----
  {
    question_id: "sp1-001",
    assessment_type: "speaking_part1",
    difficulty: "easy",
    topic: "cities",
    question_text:
      "Let's talk about the area where you live. What do you like most about it, and what would you change?",
    sample_answer:
      "I live in an older district near the river, and what I like most is that everything is within walking distance: the market, a small park, even my dentist. If I could change one thing, it would be the traffic, because the main road gets really congested at rush hour. Apart from that, it's peaceful and there's a real sense of community.",
    keywords: ["district", "within walking distance", "congested", "rush hour", "peaceful", "sense of community"],
    estimated_time: 0.5,
  },
  {
    question_id: "sp1-002",
    assessment_type: "speaking_part1",
    difficulty: "easy",
    topic: "work",
    question_text: "Do you have a job or are you studying at the moment, and what happens on a typical day?",
    sample_answer:
      "I'm working at the moment, as an assistant pharmacist in a hospital. On a typical day I check prescriptions in the morning, and after lunch I'm usually on the wards, answering patients' questions about their medicine. It can be hectic, but I find it rewarding because I can see that I'm making a difference.",
    keywords: ["typical day", "prescriptions", "patients", "hectic", "rewarding", "making a difference"],
    estimated_time: 0.5,
  },
  {
    question_id: "sp1-003",
    assessment_type: "speaking_part1",
    difficulty: "easy",
    topic: "food",
    question_text: "Who does most of the cooking in your home, and do you enjoy preparing meals yourself?",
    sample_answer:
      "My father does most of it, actually, because he gets home first and he finds chopping vegetables relaxing. I enjoy cooking at weekends, when I'm not in a rush, and I like trying out recipes from other countries. My speciality is a spicy lentil soup, which is cheap, filling and almost impossible to get wrong.",
    keywords: ["chopping vegetables", "recipes", "speciality", "spicy", "filling", "home-cooked"],
    estimated_time: 0.5,
  },
  {
    question_id: "sp1-004",
    assessment_type: "speaking_part1",
    difficulty: "easy",
    topic: "sport",
    question_text: "Did you look forward to sports lessons when you were at school? Why, or why not?",
    sample_answer:
      "To be honest, I used to dread them when I was little, because I was always one of the last to be picked for a team. Things changed when we got a new coach who let us try badminton and climbing as well as football. It turned out that I had quite good coordination, and I've played badminton ever since.",
    keywords: ["dread", "picked for a team", "coach", "badminton", "coordination", "competitive"],
    estimated_time: 0.5,
  },
  {
    question_id: "sp1-005",
    assessment_type: "speaking_part1",
    difficulty: "medium",
    topic: "technology",
    question_text: "How would you feel if you had to get through a whole day without your phone?",
    sample_answer:
      "I think the first couple of hours would be uncomfortable, because I reach for it almost automatically whenever I'm waiting for something. I rely on it for maps and for paying in shops, so I'd have to be better organised. That said, it happened to me once while it was being repaired, and by the evening I felt strangely calm without all those notifications.",
    keywords: ["reach for it", "automatically", "rely on", "notifications", "calm", "switch off"],
    estimated_time: 0.5,
  },
  {
    question_id: "sp1-006",
    assessment_type: "speaking_part1",
    difficulty: "medium",
    topic: "travel",
    question_text: "When you go on a trip, do you plan every detail in advance or do you leave things to chance?",
    sample_answer:
      "I'm somewhere in between. I always book accommodation in advance, since arriving in a strange town with nowhere to sleep isn't my idea of fun, but I hardly ever draw up an itinerary. I'd rather wander around and ask local people for advice, because some of my best memories come from places I stumbled across by accident.",
    keywords: ["book accommodation", "in advance", "itinerary", "wander around", "stumbled across", "spontaneous"],
    estimated_time: 0.5,
  },
  {
    question_id: "sp1-007",
    assessment_type: "speaking_part1",
    difficulty: "medium",
    topic: "family",
    question_text: "Which member of your family are you most similar to, and in what ways?",
    sample_answer:
      "Everyone says I take after my aunt, and I can see why. We have the same dry sense of humour and we're both terribly stubborn, so our arguments about card games can go on for hours. The main difference is that she's very outgoing, whereas I need some time to myself after a big family gathering.",
    keywords: ["take after", "sense of humour", "stubborn", "outgoing", "family gathering", "whereas"],
    estimated_time: 0.5,
  },
  {
    question_id: "sp1-008",
    assessment_type: "speaking_part1",
    difficulty: "medium",
    topic: "media",
    question_text: "How do you usually keep up with the news, and has that changed in the last few years?",
    sample_answer:
      "These days I mostly listen to a ten-minute podcast on my way to work, which gives me the main headlines without overwhelming me. A few years ago I used to scroll through social media instead, but I realised I was reading a lot of rumours and not many facts. If a story really matters to me, I look it up in a reliable source later on.",
    keywords: ["podcast", "headlines", "scroll through", "rumours", "reliable source", "keep up with"],
    estimated_time: 0.5,
  },
  {
    question_id: "sp1-009",
    assessment_type: "speaking_part1",
    difficulty: "medium",
    topic: "health",
    question_text: "How easy is it for you to get enough sleep, and what helps you to rest well?",
    sample_answer:
      "During the week it's a struggle, because I tend to stay up late finishing assignments and then have to get up at six. What helps me most is a fixed bedtime routine: I put screens away at ten and read something light until I feel drowsy. When I stick to that, I sleep like a log and concentrate far better the next day.",
    keywords: ["stay up late", "bedtime routine", "screens", "drowsy", "sleep like a log", "concentrate"],
    estimated_time: 0.5,
  },
  {
    question_id: "sp1-010",
    assessment_type: "speaking_part1",
    difficulty: "hard",
    topic: "money",
    question_text: "Were you taught to handle money as a child, and has that shaped the way you spend it now?",
    sample_answer:
      "Yes, though not in a formal way. My parents gave me a modest allowance and simply refused to top it up, so if I blew it all on sweets by Tuesday, that was my problem. Looking back, it made me fairly cautious: I still set a budget every month and think twice before an impulse purchase, although I do splurge on concert tickets now and then.",
    keywords: ["allowance", "top it up", "cautious", "set a budget", "impulse purchase", "splurge"],
    estimated_time: 0.5,
  },
  {
    question_id: "sp1-011",
    assessment_type: "speaking_part1",
    difficulty: "hard",
    topic: "culture",
    question_text:
      "Is there a custom in your country that young people are gradually giving up? How do you feel about it?",
    sample_answer:
      "One that springs to mind is visiting every relative in person at New Year, because people my age tend to send a group message instead. I have mixed feelings, to be honest. It was exhausting to drive from house to house, but those visits kept distant cousins in touch, and I suspect we'll only appreciate the custom once it has died out completely.",
    keywords: ["springs to mind", "in person", "mixed feelings", "distant cousins", "appreciate", "died out"],
    estimated_time: 0.5,
  },
  {
    question_id: "sp1-012",
    assessment_type: "speaking_part1",
    difficulty: "hard",
    topic: "people",
    question_text: "Would you say that your first impressions of people usually turn out to be right?",
    sample_answer:
      "Less often than I'd like to believe. I'm reasonably good at sensing whether someone is trustworthy, but I frequently misjudge shy people and assume that they're being cold or arrogant. My closest friend at university barely spoke to me for the first month, so I've learned to reserve judgement until I've seen someone in a few different situations.",
    keywords: ["trustworthy", "misjudge", "arrogant", "assume", "reserve judgement", "first impressions"],
    estimated_time: 0.5,
  },
  {
    question_id: "sp1-013",
    assessment_type: "speaking_part1",
    difficulty: "easy",
    topic: "leisure",
    question_text: "What do you enjoy doing when you have a free evening at home?",
    sample_answer:
      "If I have the evening to myself, I usually put some music on and work on a jigsaw puzzle, which helps me to unwind after a stressful day. My flatmate sometimes joins in and we end up chatting until midnight. I'm not a big fan of television, so I only watch it when there's a good documentary on.",
    keywords: ["to myself", "jigsaw puzzle", "unwind", "stressful day", "documentary", "not a big fan of"],
    estimated_time: 0.5,
  },

  // ----- Speaking, part 2: the long turn -----
  {
    question_id: "sp2-001",
    assessment_type: "speaking_part2",
    difficulty: "medium",
    topic: "people",
    question_text:
      "Describe a person who has influenced you in an important way.\n\nYou should say:\n- who this person is\n- how you came to know them\n- what they did or said that had an effect on you\n\nand explain how your life would be different if you had not met them.",
    sample_answer:
      "I'd like to talk about my first chess teacher, a retired engineer called Mr Tesfaye. I met him when I was eleven, because he ran a free club in the public library and my mother needed somewhere to leave me on Saturdays.\n\nWhat made him special was the way he dealt with mistakes. Whenever I lost, he would set the pieces up again at the exact point where things had gone wrong and ask me what I had been hoping for. He never told me off; he just wanted me to be curious about my own thinking. Before that, I'd been a perfectionist who gave up the moment something became difficult.\n\nThat attitude has stayed with me. I'm now training to be a nurse, and when a shift goes badly, I still ask myself his question. If I hadn't crossed paths with him, I doubt I would have had the patience or the self-confidence to choose such a demanding career, so I'll always look up to him.",
    keywords: [
      "dealt with mistakes",
      "curious",
      "perfectionist",
      "attitude",
      "crossed paths",
      "patience",
      "self-confidence",
      "look up to",
    ],
    estimated_time: 2,
  },
  {
    question_id: "sp2-002",
    assessment_type: "speaking_part2",
    difficulty: "easy",
    topic: "travel",
    question_text:
      "Describe a journey that did not go as you expected.\n\nYou should say:\n- where you were going\n- who you were travelling with\n- what happened on the way\n\nand explain how you felt about it when it was over.",
    sample_answer:
      "I'm going to tell you about a coach trip to the mountains that I took with two school friends last winter. We had booked a little cabin for three nights and we were supposed to get there in about five hours.\n\nEverything went smoothly until it started to snow. The driver slowed down to a crawl, and then, just after dark, the coach broke down outside a tiny village. At first people complained, but a woman from the village café invited all forty of us in, lit the stove and made pot after pot of tea. Someone had a guitar, so we ended up singing together until a replacement coach arrived at two in the morning.\n\nWe reached the cabin exhausted and a whole day had been wasted, in theory. Looking back, though, I was delighted. I can hardly remember the skiing, but I still keep in touch with some of those passengers, so the delay was the highlight of the trip.",
    keywords: ["booked", "went smoothly", "broke down", "replacement", "exhausted", "delay", "highlight of the trip"],
    estimated_time: 2,
  },
  {
    question_id: "sp2-003",
    assessment_type: "speaking_part2",
    difficulty: "medium",
    topic: "education",
    question_text:
      "Describe a useful skill that you learned outside school or university.\n\nYou should say:\n- what the skill is\n- who taught you, or how you taught yourself\n- how long it took you to become good at it\n\nand explain why this skill has been valuable to you.",
    sample_answer:
      "The skill I've chosen is repairing bicycles, which I picked up from my neighbour when I was about sixteen. My own bike had a puncture nearly every week, and I couldn't afford to keep taking it to a shop, so he offered to show me the basics in his garage.\n\nTo begin with I was hopeless. I put a chain on back to front and I lost more screws than I tightened. He insisted on letting me work things out by trial and error, and after six months or so I could take a bike apart and put it back together from scratch. I also watched online tutorials to fill the gaps in my knowledge.\n\nIt's been valuable in an obvious way, because it saves me money. But the greater benefit is that I've become more resourceful in general. When something stops working now, my instinct is to open it up and investigate rather than throw it away, and I got that hands-on approach from him and not from any classroom.",
    keywords: ["picked up", "the basics", "trial and error", "from scratch", "tutorials", "resourceful", "hands-on"],
    estimated_time: 2,
  },
  {
    question_id: "sp2-004",
    assessment_type: "speaking_part2",
    difficulty: "easy",
    topic: "food",
    question_text:
      "Describe a meal that you still remember well.\n\nYou should say:\n- when and where you had it\n- what you ate\n- who was with you\n\nand explain why this meal has stayed in your memory.",
    sample_answer:
      "A meal that has really stuck in my mind is the lunch we had on the day my sister finished her medical exams, about three years ago. It wasn't in a fancy restaurant; it was on the roof of our block of flats, on a folding table that my uncle had carried up six floors.\n\nMy mother had made stuffed vine leaves, which take hours to prepare, and there was grilled fish with lemon, fresh bread and an enormous watermelon. The food was mouth-watering, but it was quite simple: everything was in season and came from the market round the corner. There were nine of us, including my grandmother, who hadn't been up to the roof for twenty years.\n\nI remember it so clearly because of the atmosphere. My sister had been under huge pressure for months, and that afternoon she laughed until she cried. For me, that meal is proof that a special occasion depends much more on the company than on what's on the plate.",
    keywords: [
      "stuck in my mind",
      "fancy restaurant",
      "grilled",
      "mouth-watering",
      "in season",
      "atmosphere",
      "special occasion",
    ],
    estimated_time: 2,
  },
  {
    question_id: "sp2-005",
    assessment_type: "speaking_part2",
    difficulty: "medium",
    topic: "technology",
    question_text:
      "Describe a device or program that you found hard to use at first.\n\nYou should say:\n- what it was\n- why you needed to use it\n- what made it difficult\n\nand explain how you feel about using it today.",
    sample_answer:
      "I'd like to describe the video-editing software that I had to learn for my part-time job at a cookery school. They wanted short clips for their website, and since I was the youngest person in the office, everybody assumed I would know what to do.\n\nI didn't have a clue. When I opened it for the first time, the screen was cluttered with dozens of tiny icons, and the instructions were full of technical jargon. I once spent an entire afternoon on a two-minute clip about pastry, and then lost the lot because I'd forgotten to save my work. It wasn't exactly a user-friendly program.\n\nThe turning point came when a colleague taught me a few keyboard shortcuts and told me to ignore the other features. From then on I learned one new function a week. Nowadays I'd call myself fairly proficient, and I even edit films of family holidays for fun. It taught me that most technology is intimidating only until you break it down into small steps.",
    keywords: [
      "software",
      "didn't have a clue",
      "cluttered",
      "jargon",
      "user-friendly",
      "shortcuts",
      "proficient",
      "intimidating",
    ],
    estimated_time: 2,
  },
  {
    question_id: "sp2-006",
    assessment_type: "speaking_part2",
    difficulty: "hard",
    topic: "environment",
    question_text:
      "Describe an environmental problem in a place that you know well.\n\nYou should say:\n- what the problem is and where it can be seen\n- what has caused it\n- what has been done about it so far\n\nand explain how hopeful you are that it will be solved.",
    sample_answer:
      "The problem I want to talk about is the state of the lagoon beside my home town. When my parents were young, people swam there all summer, whereas today a thick green layer of algae covers the water from June onwards and the smell is dreadful.\n\nThere are two main causes. Fertiliser from the surrounding farms is washed into the streams whenever it rains, and on top of that the sewage system was designed for a population half the size. Between them they have wiped out most of the fish.\n\nAs for what's being done, a group of volunteers has planted reeds along the shore, since these filter the water naturally, and the council has finally put aside money to upgrade the pipes. The farmers have been harder to persuade, because switching to other methods would eat into their profits.\n\nI'd say I'm cautiously optimistic. Contamination like this can be reversed, and herons have already returned to one corner of the lagoon, but without stricter regulations I'm afraid that the progress will be short-lived.",
    keywords: [
      "algae",
      "fertiliser",
      "sewage",
      "wiped out",
      "volunteers",
      "cautiously optimistic",
      "contamination",
      "stricter regulations",
    ],
    estimated_time: 2,
  },
  {
    question_id: "sp2-007",
    assessment_type: "speaking_part2",
    difficulty: "medium",
    topic: "culture",
    question_text:
      "Describe a live performance or exhibition that impressed you.\n\nYou should say:\n- what it was and where you saw it\n- why you decided to go\n- what you saw or heard there\n\nand explain what impressed you about it.",
    sample_answer:
      "I'm going to describe a shadow-puppet show that I saw in a courtyard in the old part of the city two summers ago. I only went because my cousin had a spare ticket, and frankly I was expecting something for small children.\n\nThe stage was nothing more than a white sheet with an oil lamp behind it. Three performers, who were hidden from the audience, moved leather figures that were so delicate you could see the patterns cut into their clothes. The story was a traditional folk tale about a fisherman who tries to cheat the sea, and it was accompanied by a drum and a kind of flute.\n\nWhat impressed me was how much emotion they conveyed with so little. There were no special effects, yet the whole crowd gasped when the storm broke. Afterwards one of the puppeteers told us that she'd spent eleven years learning the craft from her father. It struck me that this was living heritage, and that it could vanish within a generation if people like me never bought a ticket.",
    keywords: [
      "performers",
      "audience",
      "delicate",
      "folk tale",
      "accompanied by",
      "conveyed",
      "special effects",
      "heritage",
    ],
    estimated_time: 2,
  },
  {
    question_id: "sp2-008",
    assessment_type: "speaking_part2",
    difficulty: "hard",
    topic: "money",
    question_text:
      "Describe a time when you decided not to spend money on something that you wanted.\n\nYou should say:\n- what you wanted to buy or do\n- why it appealed to you\n- what made you change your mind\n\nand explain whether you now think that you made the right decision.",
    sample_answer:
      "This happened about eighteen months ago, when I'd set my heart on a second-hand motorbike. I was fed up with crowded buses, and I'd convinced myself that it would pay for itself within a couple of years. If I'm honest, what really appealed to me was the image; I liked the thought of turning up at college on it.\n\nI had almost the full amount in my savings account, and I'd even shaken hands with the seller. Then, that same week, I sat down and worked out the hidden costs: insurance, fuel, a helmet, repairs. It came to nearly half of my monthly income. Around that time my brother was made redundant, too, and seeing how quickly his family's circumstances changed made me think harder about having something to fall back on.\n\nSo I backed out, rather sheepishly. I do feel a twinge of regret on sunny mornings, but on balance it was a sensible decision. The money later paid for a course that led to a promotion, and no motorbike would have given me that kind of financial security.",
    keywords: [
      "set my heart on",
      "pay for itself",
      "savings account",
      "hidden costs",
      "made redundant",
      "fall back on",
      "twinge of regret",
      "financial security",
    ],
    estimated_time: 2,
  },
  {
    question_id: "sp2-009",
    assessment_type: "speaking_part2",
    difficulty: "easy",
    topic: "sport",
    question_text:
      "Describe a sports event that you enjoyed watching.\n\nYou should say:\n- what the event was\n- where you watched it and with whom\n- what happened during the event\n\nand explain why you enjoyed it so much.",
    sample_answer:
      "The event I want to describe is a local half marathon that goes right past my street every October. Last year I watched it with my flatmates, because one of our friends, Lucia, was taking part for the first time.\n\nWe stood at the eighteen-kilometre mark with a huge home-made banner and a bag of orange slices for the runners. The professionals flew past before we'd even settled in, and then came thousands of ordinary people: students, grandparents, a man dressed as a pineapple. Lucia looked worn out when she finally appeared, but as soon as she heard us cheering, she waved both arms and picked up speed. She crossed the finishing line in just under two and a half hours.\n\nI enjoyed it because it was so different from sport on television. Nobody around us cared who won; the spectators were shouting for complete strangers and urging them not to give up. It was such an uplifting atmosphere that I signed up for this year's race myself.",
    keywords: [
      "taking part",
      "runners",
      "worn out",
      "cheering",
      "finishing line",
      "spectators",
      "uplifting atmosphere",
    ],
    estimated_time: 2,
  },
  {
    question_id: "sp2-010",
    assessment_type: "speaking_part2",
    difficulty: "hard",
    topic: "work",
    question_text:
      "Describe an occasion when you had to tell someone at work or college something they did not want to hear.\n\nYou should say:\n- who the person was\n- what you had to tell them\n- how you went about it\n\nand explain what you learned from the experience.",
    sample_answer:
      "Two years ago I was leading a small team at a travel agency, and I had to tell a colleague, Marek, that customers had been complaining about him. He was twenty years older than me, and he'd been extremely supportive when I started, so I was dreading it.\n\nThe complaints were all about his tone; people felt that he was talking down to them. I knew that if I blurted it out in the open office, he would become defensive, so I invited him for coffee and asked him first how he thought things were going. Then I gave him two concrete examples, stuck to the facts and avoided any comment on his personality.\n\nAfter a silence he admitted that he'd been under a lot of strain at home. We agreed on a lighter workload for a month, and the complaints dried up.\n\nThe main thing I learned is that constructive criticism is mostly preparation. Had I put it off any longer, out of a wish to be tactful, I would've done him no favours at all.",
    keywords: [
      "supportive",
      "talking down to",
      "blurted it out",
      "defensive",
      "concrete examples",
      "workload",
      "constructive criticism",
      "tactful",
    ],
    estimated_time: 2,
  },
  {
    question_id: "sp2-011",
    assessment_type: "speaking_part2",
    difficulty: "medium",
    topic: "housing",
    question_text:
      "Describe a house or flat that you would like to live in one day.\n\nYou should say:\n- where it would be\n- what it would look like\n- who would live there with you\n\nand explain why this home would suit you.",
    sample_answer:
      "I've got quite a clear picture of my ideal home, and it isn't a mansion. It would be the top-floor flat of a converted warehouse, in a port city not too far from where I grew up.\n\nI imagine high ceilings, bare brick walls and huge windows facing west, so that the living room would be flooded with light in the evenings. It would be open-plan, because I love talking to people while I cook, and there'd have to be a balcony big enough for herbs and a couple of chairs. I'd want it to be well insulated as well, as I currently pay a fortune to heat a draughty room.\n\nI would share it with my partner and, with any luck, a dog. We both work from home part of the week, so a spare room that could double as an office would be essential.\n\nIt would suit me because I like being in the thick of things, but I also need somewhere cosy to retreat to, and a place like that would offer both.",
    keywords: [
      "converted warehouse",
      "high ceilings",
      "flooded with light",
      "open-plan",
      "well insulated",
      "draughty",
      "spare room",
      "cosy",
    ],
    estimated_time: 2,
  },

  // ----- Speaking, part 3: discussion -----
  {
    question_id: "sp3-001",
    assessment_type: "speaking_part3",
    difficulty: "medium",
    topic: "people",
    question_text:
      "Some people say that celebrities make poor role models for teenagers. Do you agree, or can they be a good influence?",
    sample_answer:
      "I'd say it depends less on fame than on what a person is famous for. A footballer who speaks openly about anxiety, for example, can reach millions of teenagers who would never listen to a teacher. On the other hand, young people only see a polished version of a celebrity's life, and that can set unrealistic expectations. On the whole, I think the most powerful role models are people teenagers actually know, such as a coach or an older cousin, because they can see the effort behind the success.",
    keywords: ["role models", "fame", "reach millions", "polished", "unrealistic expectations", "effort behind"],
    estimated_time: 1,
  },
  {
    question_id: "sp3-002",
    assessment_type: "speaking_part3",
    difficulty: "hard",
    topic: "work",
    question_text:
      "As machines take over more routine tasks, which human abilities do you think employers will value most?",
    sample_answer:
      "I imagine that the premium will be on whatever is hardest to automate. Judgement is the obvious one: a program can produce ten possible solutions, but somebody still has to decide which of them is ethical or worth the risk. I'd also expect interpersonal skills to matter more, particularly in fields like care and negotiation, where trust can't be delegated to a machine. What's less often mentioned is adaptability. If job descriptions are going to be rewritten every few years, employers will presumably favour people who can unlearn old habits over those who have mastered a single procedure.",
    keywords: ["automate", "judgement", "ethical", "interpersonal skills", "negotiation", "delegated", "adaptability"],
    estimated_time: 1.5,
  },
  {
    question_id: "sp3-003",
    assessment_type: "speaking_part3",
    difficulty: "medium",
    topic: "education",
    question_text: "How far do written examinations show what a student is really able to do?",
    sample_answer:
      "They show part of the picture, I think. A written exam is a fairly objective way of checking whether someone has grasped the theory, and it's hard to cheat if it's properly supervised. What it can't measure very well is teamwork, creativity or persistence, and it tends to favour people who stay calm under time pressure. I've got a friend who failed most of his tests but could rebuild an engine blindfolded. So ideally I'd like to see exams combined with coursework or a practical project.",
    keywords: ["objective", "grasped the theory", "supervised", "creativity", "under time pressure", "coursework"],
    estimated_time: 1,
  },
  {
    question_id: "sp3-004",
    assessment_type: "speaking_part3",
    difficulty: "hard",
    topic: "environment",
    question_text:
      "Who should carry more responsibility for cutting pollution: ordinary consumers, or the companies that make what they buy?",
    sample_answer:
      "My instinct is to point to companies, simply because of scale: one decision about packaging in a boardroom outweighs what thousands of households can do with their recycling bins. Consumers can only choose from what's on the shelf, and the greener option is often unaffordable. Having said that, firms do respond to demand, so shoppers aren't entirely off the hook. Realistically, I think governments have to step in and hold producers accountable for the whole life cycle of a product, since voluntary promises have rarely amounted to much.",
    keywords: ["scale", "packaging", "unaffordable", "off the hook", "accountable", "life cycle", "voluntary"],
    estimated_time: 1.5,
  },
  {
    question_id: "sp3-005",
    assessment_type: "speaking_part3",
    difficulty: "easy",
    topic: "travel",
    question_text: "Why do you think so many people want to visit other countries?",
    sample_answer:
      "I think there are several reasons. The simplest one is that people need a break from their daily routine, and being somewhere unfamiliar makes you forget about work. Many travellers are also curious about how others live, what they eat and what they celebrate. And these days, of course, people see beautiful photos of a place online and want to go there themselves. For me, the best thing about going abroad is that it broadens your horizons: you come home and notice things about your own country that you'd never thought about before.",
    keywords: ["daily routine", "unfamiliar", "curious", "going abroad", "broadens your horizons", "celebrate"],
    estimated_time: 1,
  },
  {
    question_id: "sp3-006",
    assessment_type: "speaking_part3",
    difficulty: "hard",
    topic: "media",
    question_text:
      "Is it still possible for the public to trust news organisations, and what could make them more trustworthy?",
    sample_answer:
      "I believe it's possible, but trust has to be earned rather than taken for granted. Part of the trouble is commercial: when revenue depends on clicks, there's a constant temptation to sensationalise. Another factor is that opinion and reporting are now so blurred that readers assume everything is biased. What would help, to my mind, is transparency. If an outlet published its sources, named its owners and corrected its errors as prominently as it made them, sceptical readers would at least be able to verify the claims for themselves.",
    keywords: ["taken for granted", "revenue", "sensationalise", "biased", "transparency", "sceptical", "verify"],
    estimated_time: 1.5,
  },
  {
    question_id: "sp3-007",
    assessment_type: "speaking_part3",
    difficulty: "easy",
    topic: "family",
    question_text: "What can grandparents give to children that parents often cannot?",
    sample_answer:
      "The first thing that comes to mind is time. Parents are usually rushing between work and housework, whereas grandparents who have retired can sit and listen, or spend a whole afternoon baking with a child. They can also pass on family stories and traditions, so children get a sense of where they come from. I'd add that grandparents are often more patient, because they're not responsible for discipline every day. In my own family, it was my grandfather who taught me to fish and to tell the time.",
    keywords: ["retired", "pass on", "traditions", "patient", "discipline", "family stories"],
    estimated_time: 1,
  },
  {
    question_id: "sp3-008",
    assessment_type: "speaking_part3",
    difficulty: "medium",
    topic: "health",
    question_text:
      "Should governments try to influence what people eat and how much they exercise, or is that a private matter?",
    sample_answer:
      "I can see both sides, but I lean towards some involvement. What we eat feels like a personal choice, yet when large numbers of people develop preventable illnesses, everyone ends up paying through taxes or longer waiting lists. I wouldn't be comfortable with outright bans, because people resent being told what to do. A better approach is to make healthy choices the easy ones: clear labels, safe cycle paths, decent school lunches. That way the state encourages good habits without interfering too much in people's lives.",
    keywords: ["personal choice", "preventable illnesses", "waiting lists", "outright bans", "labels", "interfering"],
    estimated_time: 1,
  },
  {
    question_id: "sp3-009",
    assessment_type: "speaking_part3",
    difficulty: "medium",
    topic: "cities",
    question_text: "What would be gained and lost if private cars were kept out of city centres?",
    sample_answer:
      "The gains would be pretty obvious: cleaner air, fewer accidents and streets where children could actually play. In my city one avenue was pedestrianised five years ago, and the cafés there are busier than they've ever been. The losses would fall on particular groups, though. Elderly people with limited mobility, or tradespeople who carry heavy tools, can't just hop on a bicycle. So I'd support the idea only if there were exemptions for them and if public transport was frequent and affordable enough to replace the car for everyone else.",
    keywords: ["cleaner air", "pedestrianised", "limited mobility", "exemptions", "public transport", "affordable"],
    estimated_time: 1,
  },
  {
    question_id: "sp3-010",
    assessment_type: "speaking_part3",
    difficulty: "easy",
    topic: "sport",
    question_text: "What do children learn from playing in a team?",
    sample_answer:
      "I think they learn to cooperate, first of all, because a team can't win if everybody wants to be the star. They also find out how to lose without getting too upset, and that's a lesson which is useful for the rest of your life. Another point is communication: you have to listen to the coach and encourage your teammates. When I was in a volleyball team, I was quite shy, but I had to call for the ball, so I gradually became more confident. Of course, it keeps children fit as well.",
    keywords: ["cooperate", "lose", "communication", "encourage", "teammates", "confident", "fit"],
    estimated_time: 1,
  },
  {
    question_id: "sp3-011",
    assessment_type: "speaking_part3",
    difficulty: "hard",
    topic: "money",
    question_text:
      "Do you think that societies measure success too much in terms of wealth? What could they measure instead?",
    sample_answer:
      "By and large, yes. Income is easy to count, so it becomes a shorthand for achievement, even though it tells you next to nothing about whether a person's work benefits anyone. It also means that unpaid contributions, such as caring for a relative, are practically invisible. As for alternatives, I'd be interested in indicators like life expectancy, free time or how many people feel they could turn to a neighbour in a crisis. I wouldn't dismiss wealth altogether, mind you; below a certain threshold, hardship overshadows everything else.",
    keywords: ["shorthand", "achievement", "contributions", "indicators", "life expectancy", "threshold", "hardship"],
    estimated_time: 1.5,
  },
  {
    question_id: "sp3-012",
    assessment_type: "speaking_part3",
    difficulty: "medium",
    topic: "leisure",
    question_text: "Do people today use their free time better or worse than their grandparents did?",
    sample_answer:
      "That's a tricky one, because our grandparents had far less leisure time to begin with. We certainly have a wider range of activities to choose from, and it's easier than ever to take up a new hobby thanks to free lessons online. The downside is that a lot of our spare time gets swallowed up by screens without our really noticing. My grandmother's evenings were spent singing or sewing with neighbours, which was more sociable. So I'd say we have better opportunities, but we're more passive in how we use them.",
    keywords: ["leisure time", "range of activities", "take up", "spare time", "sociable", "passive"],
    estimated_time: 1,
  },

  // ----- Writing, task 1: a short report or a letter -----
  {
    question_id: "w1-001",
    assessment_type: "writing_task1",
    difficulty: "easy",
    topic: "cities",
    question_text:
      "The bus stop nearest to your home has been moved to the other side of a busy road, and people in your street find the new place inconvenient.\n\nWrite a letter to the city council. Explain the problem, say who is most affected and suggest what the council could do.\n\nWrite at least 150 words.",
    sample_answer:
      "Dear Sir or Madam,\n\nI am writing on behalf of the residents of Mill Lane about the bus stop for route 14, which was moved last month to the far side of the ring road.\n\nAlthough the new stop is only three hundred metres away, reaching it means crossing four lanes of fast-moving traffic. The nearest pedestrian crossing is a ten-minute walk in the opposite direction, so many passengers simply run across when they see a gap. I have already witnessed two near misses.\n\nThe change is especially hard on elderly people and on parents with pushchairs. My neighbour, who is eighty-one and used to take the bus to the clinic twice a week, now has to pay for a taxi.\n\nIf the stop cannot be returned to its original location, could the council please install traffic lights or a crossing beside the new one? In the meantime, a temporary stop in Mill Lane would be a great relief.\n\nI look forward to your reply.\n\nYours faithfully,\nHelena Duarte",
    keywords: [
      "on behalf of",
      "residents",
      "pedestrian crossing",
      "near misses",
      "elderly people",
      "install traffic lights",
      "temporary",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1-002",
    assessment_type: "writing_task1",
    difficulty: "medium",
    topic: "health",
    question_text:
      "A leisure centre counted the average number of visits per week to four of its activities in January and in July of the same year.\n\n- Gym: 820 in January, 540 in July\n- Swimming: 310 in January, 690 in July\n- Yoga: 260 in January, 240 in July\n- Badminton: 190 in January, 85 in July\n\nWrite a short report for the manager. Summarise the main features of the figures and make comparisons where they are useful.\n\nWrite at least 150 words.",
    sample_answer:
      "This report compares the average number of weekly visits to four activities at the leisure centre in January and July.\n\nOverall, attendance was almost the same in both months, at 1,580 visits a week in January and 1,555 in July. However, the balance between activities shifted considerably: visitors favoured the gym in winter and the pool in summer.\n\nIn January the gym was by far the most popular facility. It attracted 820 visits, which was more than half of the total and well over twice the figure for swimming (310). By July gym attendance had fallen by roughly a third to 540, whereas visits to the pool had more than doubled to 690, making it the leading activity.\n\nThe two smaller activities followed different patterns. Yoga remained stable, dipping only slightly from 260 to 240 visits, which suggests that its participants are loyal. Badminton, on the other hand, showed the steepest proportional decline: the number of visits dropped from 190 to 85, and it was the least used activity in both seasons.",
    keywords: [
      "overall",
      "attendance",
      "shifted considerably",
      "by far the most popular",
      "more than doubled",
      "remained stable",
      "proportional decline",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1-003",
    assessment_type: "writing_task1",
    difficulty: "easy",
    topic: "work",
    question_text:
      "You would like to start and finish work one hour earlier on two days of the week so that you can attend an evening course.\n\nWrite a letter to your manager. Say what the course is, explain what you are asking for and describe how your work will still be done.\n\nWrite at least 150 words.",
    sample_answer:
      "Dear Ms Okafor,\n\nI am writing to ask whether I could change my working hours on Tuesdays and Thursdays from the beginning of March.\n\nI have been offered a place on a twelve-week course in spreadsheet analysis at the technical college. As you know, I spend a good deal of time preparing the stock reports, and I believe the course would allow me to produce them more quickly and accurately. Classes begin at half past five, however, and the journey takes forty minutes.\n\nI would therefore like to work from eight until four on those two days instead of from nine until five. My total hours would remain the same. The last hour of the day is usually quiet, and Daniel has kindly agreed to cover the telephone, so customers should not notice any difference. I would also be happy to stay late on other days during busy periods.\n\nI would be glad to discuss this request whenever it is convenient for you.\n\nKind regards,\nTomas Lindgren",
    keywords: [
      "working hours",
      "offered a place",
      "accurately",
      "total hours",
      "agreed to cover",
      "busy periods",
      "request",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1-004",
    assessment_type: "writing_task1",
    difficulty: "medium",
    topic: "environment",
    question_text:
      "The figures below show how many tonnes of four materials were collected for recycling in one town in 2015, 2018 and 2021.\n\n- Paper: 900, then 780, then 610\n- Glass: 400, then 430, then 450\n- Plastic: 150, then 320, then 560\n- Food waste: 0, then 110, then 380\n\nWrite a short report on the figures. Describe the main trends and compare the materials where relevant.\n\nWrite at least 150 words.",
    sample_answer:
      "The figures give the quantities of paper, glass, plastic and food waste, in tonnes, that were collected for recycling in one town in three separate years.\n\nOverall, the total amount recycled rose steadily over the period, from 1,450 tonnes in 2015 to 2,000 tonnes in 2021. Paper was the only material to decline, although it remained in first place throughout, while plastic and food waste grew rapidly.\n\nIn 2015 paper dominated the collection, accounting for 900 tonnes, or more than 60 per cent of everything collected. It then fell to 780 tonnes in 2018 and 610 in 2021. Glass, by contrast, changed very little and crept up by just 50 tonnes over six years, from 400 to 450.\n\nThe most striking growth was in the other two categories. Plastic more than doubled between 2015 and 2018, reaching 320 tonnes, and then climbed to 560, which was only slightly below the figure for paper. Food waste, which was not collected at all at the outset, stood at 380 tonnes by 2021.",
    keywords: [
      "quantities",
      "rose steadily",
      "decline",
      "accounting for",
      "by contrast",
      "most striking growth",
      "at the outset",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1-005",
    assessment_type: "writing_task1",
    difficulty: "medium",
    topic: "travel",
    question_text:
      "Yesterday you left a folder of important papers on a train.\n\nWrite a letter to the lost property office of the railway company. Describe the folder and its contents, give details of your journey and say what you would like the office to do.\n\nWrite at least 150 words.",
    sample_answer:
      "Dear Sir or Madam,\n\nI am writing to report the loss of a folder on one of your trains yesterday, Monday 6 May.\n\nI was travelling on the 17.42 service from Eastport to Granton and was sitting in the third carriage, in a window seat on the left. As the train was crowded, I put the folder on the luggage rack, and I did not realise that I had left it there until I was on the platform and the doors had closed.\n\nThe folder is dark green, about the size of a large magazine, with an elastic strap and my initials, R.K., on the front. It contains my original degree certificate, two signed contracts and some handwritten notes. The certificate would be extremely difficult to replace, and I need it for an interview next Wednesday.\n\nCould you please check whether the folder has been handed in at any station along the line? I can be reached at any time on 555 0137 and would gladly collect it in person or pay for a courier.\n\nYours faithfully,\nRuta Kalnina",
    keywords: [
      "report the loss",
      "carriage",
      "luggage rack",
      "initials",
      "certificate",
      "handed in",
      "collect it in person",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1-006",
    assessment_type: "writing_task1",
    difficulty: "hard",
    topic: "technology",
    question_text:
      "A survey asked adults which device they mainly use to go online and whether they shop online every week. The results are given in percentages of each age group.\n\n- Aged 18 to 34: phone 78, laptop 17, tablet 5; weekly online shoppers 64\n- Aged 35 to 54: phone 55, laptop 33, tablet 12; weekly online shoppers 51\n- Aged 55 and over: phone 34, laptop 38, tablet 28; weekly online shoppers 23\n\nWrite a short report. Select the main features, and comment on how the two sets of figures compare across the age groups.\n\nWrite at least 150 words.",
    sample_answer:
      "The survey results show which device adults in three age groups mainly use to go online, together with the proportion of each group that shops online every week.\n\nOverall, reliance on phones declines sharply with age, while laptops and tablets become more common. Weekly online shopping follows the same downward path as phone use, although its fall is less even.\n\nAmong those aged 18 to 34, more than three quarters (78 per cent) go online chiefly by phone and a mere 5 per cent by tablet. In the middle group the phone still has a majority, at 55 per cent, but a third of respondents prefer a laptop. The oldest group has no dominant device: laptops lead narrowly with 38 per cent, just four percentage points ahead of phones, and tablets, at 28 per cent, are far more popular than among younger adults.\n\nAs regards shopping, 64 per cent of the youngest group and 51 per cent of the middle group buy something online each week. The corresponding figure for those aged 55 and over is less than half of the latter, at 23 per cent.",
    keywords: [
      "proportion",
      "reliance on",
      "declines sharply",
      "a mere",
      "respondents",
      "percentage points",
      "corresponding figure",
      "the latter",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1-007",
    assessment_type: "writing_task1",
    difficulty: "hard",
    topic: "education",
    question_text:
      "A college library was rebuilt last summer. The percentages show how many students were satisfied with four aspects of it before and after the work, and the last line gives the average number of visits per day.\n\n- Opening hours: 41 before, 83 after\n- Quiet study space: 62 before, 58 after\n- Computers: 55 before, 79 after\n- Help from staff: 88 before, 90 after\n- Visits per day: 640 before, 1,050 after\n\nWrite a short report for the head of the college. Summarise the changes and point out any relationship between the figures.\n\nWrite at least 150 words.",
    sample_answer:
      "This report summarises how student satisfaction with the college library, and the number of daily visits to it, changed after last summer's rebuilding work.\n\nOverall, the project appears to have been a success. Satisfaction rose in three of the four areas examined and use of the library increased by almost two thirds. The one exception was quiet study space, which students now rate slightly less favourably.\n\nThe most dramatic improvement concerned opening hours. Before the work these satisfied only 41 per cent of students, the lowest score of all, but the figure has since doubled to 83 per cent. Approval of the computers also climbed substantially, from 55 to 79 per cent. Opinions of the staff were already very positive and edged up from 88 to 90 per cent, so that they still rank first.\n\nBy contrast, satisfaction with quiet space slipped from 62 to 58 per cent, making it the weakest aspect. This may well be linked to the surge in visits, from 640 to 1,050 a day, since a busier building is inevitably noisier. Additional silent areas might therefore be considered.",
    keywords: [
      "student satisfaction",
      "one exception",
      "dramatic improvement",
      "climbed substantially",
      "edged up",
      "slipped",
      "linked to",
      "surge in visits",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1-008",
    assessment_type: "writing_task1",
    difficulty: "easy",
    topic: "food",
    question_text:
      "You are organising a dinner for twelve people from your language class to celebrate the end of the course.\n\nWrite a letter to a restaurant. Give details of the booking you want, describe any special food needs in the group and ask about anything you need to know.\n\nWrite at least 150 words.",
    sample_answer:
      "Dear Manager,\n\nI would like to reserve a table for twelve people on the evening of Friday 21 June, when my Italian class will be celebrating the end of its course. We plan to arrive at about half past seven and to stay until ten o'clock or so. If possible, we would prefer a single long table, either in the garden or in the small room at the back.\n\nSome members of the group have dietary requirements that I should mention now. Three of us are vegetarian, one has a serious nut allergy and another cannot eat gluten. Could you let me know which of your dishes would be suitable for them, and whether the kitchen can avoid nuts completely in one meal?\n\nI would also be grateful for some information about prices. Do you offer a set menu for groups, and is a deposit required? Finally, may we bring our own cake for dessert? It would be a surprise for our teacher.\n\nI look forward to hearing from you.\n\nYours sincerely,\nMei Tanaka",
    keywords: [
      "reserve a table",
      "dietary requirements",
      "vegetarian",
      "nut allergy",
      "set menu",
      "deposit",
      "suitable for",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1-009",
    assessment_type: "writing_task1",
    difficulty: "hard",
    topic: "money",
    question_text:
      "Your bank has charged you a fee for the second time, although you were told on the telephone that the first one was a mistake.\n\nWrite a letter to the bank. Set out what has happened, explain why you consider the fee unjustified and state clearly what you expect the bank to do and by when.\n\nWrite at least 150 words.",
    sample_answer:
      "Dear Sir or Madam,\n\nCurrent account ending 4471\n\nI wish to complain formally about an overdraft fee of 25 dollars that was deducted from my account on 3 September.\n\nAn identical charge appeared on my statement for July. When I queried it on 9 August, your adviser confirmed that my account had never been overdrawn, attributed the charge to a system error and assured me that it would be refunded within five working days. Not only has that refund failed to arrive, but I have now been charged a second time.\n\nThe fee is plainly unjustified. My balance has not fallen below 300 dollars at any point this year, as the enclosed statements demonstrate, and under your own terms an overdraft fee applies only to a negative balance.\n\nI would therefore ask you to refund both charges, a total of 50 dollars, and to confirm in writing that the underlying fault has been corrected. Should I not receive a satisfactory response by 30 September, I shall have no alternative but to refer the matter to the banking ombudsman.\n\nYours faithfully,\nAndrei Popa",
    keywords: [
      "complain formally",
      "overdraft fee",
      "deducted",
      "attributed the charge to",
      "unjustified",
      "enclosed statements",
      "refund",
      "refer the matter",
    ],
    estimated_time: 20,
  },

  // ----- Writing, academic task 1: charts, tables, processes and maps given in words -----
  {
    question_id: "w1a-001",
    assessment_type: "writing_task1_academic",
    difficulty: "easy",
    topic: "technology",
    question_text:
      "The line graph shows the percentage of homes with an internet connection in three regions of one country between 2000 and 2020. Its figures are as follows.\n\n- Coast: 22 in 2000, 48 in 2005, 70 in 2010, 85 in 2015, 93 in 2020\n- Plains: 15 in 2000, 31 in 2005, 52 in 2010, 74 in 2015, 88 in 2020\n- Highlands: 4 in 2000, 9 in 2005, 24 in 2010, 55 in 2015, 86 in 2020\n\nSummarise the graph by reporting its main features, and compare the regions where relevant.\n\nWrite at least 150 words.",
    sample_answer:
      "The line graph illustrates how the proportion of homes with internet access changed in three regions of a country from 2000 to 2020.\n\nOverall, access became far more common in all three regions. The Coast had the highest figure and the Highlands the lowest throughout, but the gap between them had almost closed by the end of the period.\n\nIn 2000 just over a fifth of coastal homes (22 per cent) were connected, compared with 15 per cent on the Plains. Both regions then saw strong growth, and by 2010 they had reached 70 and 52 per cent respectively. After that, the increase on the Coast slowed down and the figure levelled off at 93 per cent, while the Plains continued to catch up and finished at 88 per cent.\n\nThe Highlands showed a different pattern. Only 4 per cent of homes there had a connection in 2000, and progress was slow at first. From 2010, however, the figure soared from 24 to 86 per cent, so the region ended only seven percentage points behind the Coast.",
    keywords: ["proportion", "throughout", "respectively", "levelled off", "catch up", "soared", "percentage points"],
    estimated_time: 20,
  },
  {
    question_id: "w1a-002",
    assessment_type: "writing_task1_academic",
    difficulty: "medium",
    topic: "environment",
    question_text:
      "Two pie charts show the sources of the electricity generated in one country in 1995 and 2020. Total output was 240 terawatt-hours in 1995 and 310 in 2020.\n\n- 1995: coal 52%, gas 18%, nuclear 17%, hydroelectric 11%, wind and solar 2%\n- 2020: gas 30%, wind and solar 29%, nuclear 15%, coal 14%, hydroelectric 12%\n\nSummarise the information by selecting the main features, and make comparisons where relevant.\n\nWrite at least 150 words.",
    sample_answer:
      "The pie charts compare the energy sources used to generate electricity in one country in 1995 and 2020, a period in which total output grew from 240 to 310 terawatt-hours.\n\nOverall, the country moved away from coal, its principal source in 1995, towards gas and, above all, wind and solar power. The contributions of nuclear and hydroelectric power, meanwhile, were largely unchanged.\n\nIn 1995 coal generated just over half of all electricity (52 per cent), almost three times as much as gas, the second largest source. By 2020 its share had plummeted to 14 per cent, and it had dropped to fourth place. Much of this decline was offset by wind and solar power, which expanded from a negligible 2 per cent to 29 per cent. Gas also gained ground, rising by twelve percentage points to become the leading source with 30 per cent.\n\nThe other sources showed only minor fluctuations. Nuclear power slipped from 17 to 15 per cent of the total, whereas hydroelectric power edged up from 11 to 12 per cent.",
    keywords: [
      "principal source",
      "contributions",
      "plummeted",
      "offset by",
      "negligible",
      "gained ground",
      "minor fluctuations",
      "share",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1a-003",
    assessment_type: "writing_task1_academic",
    difficulty: "medium",
    topic: "food",
    question_text:
      "A diagram shows how dried mango slices are produced. Its stages are listed here.\n\n1. Ripe mangoes are picked by hand and reach the factory within 24 hours.\n2. They are washed and sorted; damaged fruit goes to a juice plant.\n3. A machine peels them and takes out the stones.\n4. The flesh is cut into slices 8 millimetres thick.\n5. The slices are dipped in lemon juice for 5 minutes.\n6. They are dried on trays at 60 degrees for 10 hours.\n7. Moisture is tested; slices with more than 15% go back to the dryer for 1 hour.\n8. The slices are sealed in airtight bags, which keep for up to 12 months.\n\nSummarise the process, describing its main stages and making comparisons where relevant.\n\nWrite at least 150 words.",
    sample_answer:
      "The diagram illustrates the stages by which fresh mangoes are turned into dried slices.\n\nOverall, it is a linear process with eight steps, beginning with the harvest and ending with packaging. It falls into three phases, namely preparation, drying and packing, and includes one point at which the product may be sent back.\n\nFirst of all, ripe mangoes are picked by hand and transported to the factory within a day. Once they have been washed, they are sorted, and any damaged fruit is diverted to a juice plant. The remaining mangoes are peeled and their stones are removed mechanically, after which the flesh is cut into slices 8 millimetres thick.\n\nBefore being dried, the slices are dipped in lemon juice for five minutes. They are then placed on trays at 60 degrees for ten hours, which makes this by far the longest stage in the factory. Next, their moisture content is tested. If it exceeds 15 per cent, they are returned to the dryer for another hour. Finally, the finished slices are sealed in airtight bags, where they can be kept for up to a year.",
    keywords: [
      "linear process",
      "transported to",
      "diverted to",
      "mechanically",
      "after which",
      "moisture content",
      "exceeds",
      "sealed",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1a-004",
    assessment_type: "writing_task1_academic",
    difficulty: "medium",
    topic: "cities",
    question_text:
      "Two maps show the harbour district of a town in 1990 and today. This is what they contain.\n\n1990: a fish market with a car park beside it in the north; a railway line crossing the middle of the district from west to east; four warehouses along the docks in the south; a shipyard in the south-east corner; open farmland in the west.\n\nToday: the fish market is still there, but the car park is a public square; a tram line with two stops follows the route of the old railway; two warehouses have been replaced by a promenade, one is now flats and one is a museum; the shipyard is a marina; the farmland is a housing estate with a primary school.\n\nSummarise the changes by reporting the main features, and make comparisons where relevant.\n\nWrite at least 150 words.",
    sample_answer:
      "The maps show how the harbour district of a town has been redeveloped since 1990.\n\nOverall, the area has been transformed from an industrial zone surrounded by open land into a residential and recreational quarter. Very few of the original features have survived in their earlier form, the most notable being the fish market.\n\nIn 1990 the southern edge of the district was occupied by docks with four warehouses, and there was a shipyard in the south-east corner. Today two of the warehouses have been demolished to make way for a waterfront promenade, while the other two have been converted, one into flats and the other into a museum. The shipyard has given way to a marina.\n\nThere have been equally striking changes elsewhere. The railway that used to cross the centre from west to east has been replaced by a tram line along the same route, with two stops. In the north, the car park next to the fish market has been turned into a public square. Finally, the farmland in the west has been built over and now contains a housing estate and a primary school.",
    keywords: [
      "redeveloped",
      "industrial zone",
      "recreational",
      "demolished to make way for",
      "waterfront promenade",
      "converted",
      "given way to",
      "housing estate",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1a-005",
    assessment_type: "writing_task1_academic",
    difficulty: "easy",
    topic: "travel",
    question_text:
      "The table gives the number of visitors to an island in each season of 2012 and 2022, in thousands.\n\n- Spring: 40 in 2012, 75 in 2022\n- Summer: 180 in 2012, 210 in 2022\n- Autumn: 55 in 2012, 110 in 2022\n- Winter: 15 in 2012, 60 in 2022\n\nSummarise the table by selecting the main features, and make comparisons where relevant.\n\nWrite at least 150 words.",
    sample_answer:
      "The table shows how many people visited an island in each season of two years, 2012 and 2022.\n\nOverall, the island became considerably more popular, with the annual total rising from 290,000 to 455,000 visitors. Summer was the peak season in both years and winter the quietest, but visits were spread far more evenly in 2022.\n\nIn 2012 summer alone attracted 180,000 visitors, or about 62 per cent of the total. No other season came close: autumn and spring drew 55,000 and 40,000 people respectively, while only 15,000 came in winter, which was one twelfth of the summer figure.\n\nTen years later, the summer figure had grown by a modest 30,000 to 210,000 and represented less than half of all arrivals. The other seasons saw much faster growth. The number of autumn visitors doubled to 110,000, and spring was not far behind with an increase from 40,000 to 75,000. The most remarkable change, however, was in winter, when the number of visitors quadrupled to 60,000.",
    keywords: [
      "annual total",
      "peak season",
      "spread far more evenly",
      "attracted",
      "represented",
      "arrivals",
      "quadrupled",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1a-006",
    assessment_type: "writing_task1_academic",
    difficulty: "hard",
    topic: "education",
    question_text:
      "A bar chart shows the percentage of graduates who were women in six university subjects in 2000 and 2020. A table adds the total number of graduates in each subject in 2020.\n\n- Education: 74% in 2000, 79% in 2020; 22,000 graduates\n- Medicine: 48% in 2000, 61% in 2020; 12,000 graduates\n- Law: 45% in 2000, 58% in 2020; 18,000 graduates\n- Physics: 22% in 2000, 35% in 2020; 5,000 graduates\n- Engineering: 14% in 2000, 27% in 2020; 31,000 graduates\n- Computer science: 24% in 2000, 21% in 2020; 28,000 graduates\n\nSummarise the information by selecting the main features, and make comparisons where relevant.\n\nWrite at least 150 words.",
    sample_answer:
      "The bar chart compares the proportion of female graduates in six university subjects in 2000 and 2020, and the table gives the size of each subject in the latter year.\n\nOverall, women became better represented in every subject except computer science. Even so, they remained a small minority in the two disciplines that produced the most graduates in 2020.\n\nEducation had the highest percentage of women in both years, rising from 74 to 79 per cent. Medicine and law passed a significant milestone: women made up slightly less than half of their graduates in 2000, at 48 and 45 per cent, but a clear majority twenty years later, at 61 and 58 per cent.\n\nThe picture was less balanced in the other three subjects. Physics and engineering both recorded gains of thirteen percentage points, so that the share of women in engineering almost doubled, yet it still reached only 27 per cent. Computer science was alone in moving backwards, from 24 to 21 per cent. With 31,000 and 28,000 graduates respectively, engineering and computer science were the largest fields, whereas physics, with 5,000, was the smallest.",
    keywords: [
      "better represented",
      "disciplines",
      "significant milestone",
      "made up",
      "clear majority",
      "recorded gains",
      "almost doubled",
      "respectively",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1a-007",
    assessment_type: "writing_task1_academic",
    difficulty: "hard",
    topic: "health",
    question_text:
      "A bar chart shows the average number of minutes of exercise that adults in one city took per week in 2010 and 2020, by age. A pie chart shows the main reason given in 2020 by people who took no exercise.\n\n- Aged 16 to 24: 210 minutes in 2010, 165 in 2020\n- Aged 25 to 39: 150 in 2010, 155 in 2020\n- Aged 40 to 59: 110 in 2010, 140 in 2020\n- Aged 60 and over: 70 in 2010, 120 in 2020\n- Reasons: lack of time 44%, cost 21%, health problems 17%, no facilities nearby 11%, other 7%\n\nSummarise the information by selecting the main features, and make comparisons where relevant.\n\nWrite at least 150 words.",
    sample_answer:
      "The bar chart compares the weekly exercise taken by four age groups in a city in 2010 and 2020, and the pie chart shows why some residents took none in 2020.\n\nOverall, younger people exercised the most in both years, but the differences between the generations narrowed markedly, because activity fell among the youngest and increased among older residents. Lack of time was the chief obstacle for inactive people.\n\nIn 2010 those aged 16 to 24 averaged 210 minutes a week, three times as much as people over 60. A decade later their figure had dropped to 165. The 25 to 39 group was virtually unchanged at around 150 minutes, whereas 40 to 59-year-olds gained 30 minutes, and the over-60s 50 minutes. As a result, the gap between the youngest and the oldest shrank from 140 minutes to just 45.\n\nTurning to the reasons, lack of time (44 per cent) and cost (21 per cent) together accounted for almost two thirds of responses. Health problems were cited by 17 per cent, and distance from facilities by only 11 per cent.",
    keywords: [
      "narrowed markedly",
      "chief obstacle",
      "averaged",
      "virtually unchanged",
      "whereas",
      "shrank",
      "accounted for",
      "cited by",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1a-008",
    assessment_type: "writing_task1_academic",
    difficulty: "easy",
    topic: "media",
    question_text:
      "The bar chart shows how many minutes per day three age groups spend on four kinds of media. Its figures are as follows.\n\n- Television: 55 (aged 18 to 29), 110 (aged 30 to 49), 205 (aged 50 and over)\n- Social media: 150 (aged 18 to 29), 85 (aged 30 to 49), 35 (aged 50 and over)\n- Radio and podcasts: 40 (aged 18 to 29), 60 (aged 30 to 49), 75 (aged 50 and over)\n- Newspapers and magazines: 15 (aged 18 to 29), 25 (aged 30 to 49), 45 (aged 50 and over)\n\nSummarise the chart by reporting its main features, and compare the groups where relevant.\n\nWrite at least 150 words.",
    sample_answer:
      "The bar chart compares the time that people in three age groups devote each day to television, social media, radio and podcasts, and newspapers and magazines.\n\nOverall, the use of every medium increases with age, with the exception of social media, where the trend is reversed. Newspapers and magazines take up the least time in the two younger groups.\n\nTelevision shows the widest range. People aged 50 and over watch it for 205 minutes a day, almost twice as long as the middle group (110 minutes) and nearly four times as long as those aged 18 to 29, who spend only 55 minutes on it. The opposite is true of social media. The youngest adults use it for two and a half hours a day, while the figures for the middle and oldest groups are 85 and 35 minutes.\n\nDifferences in the remaining categories are smaller. Listening to radio and podcasts rises gradually from 40 minutes among the youngest to 75 among the oldest, and reading time goes up from a quarter of an hour to 45 minutes.",
    keywords: [
      "devote",
      "with the exception of",
      "reversed",
      "widest range",
      "nearly four times as long",
      "rises gradually",
      "remaining categories",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1a-009",
    assessment_type: "writing_task1_academic",
    difficulty: "hard",
    topic: "money",
    question_text:
      "The table shows average household spending per month in four countries, in dollars, and the percentage of it that went on five categories.\n\n- Country A: 4,200 dollars; housing 34%, food 14%, transport 13%, leisure 18%, health and other 21%\n- Country B: 900 dollars; housing 19%, food 38%, transport 11%, leisure 6%, health and other 26%\n- Country C: 2,600 dollars; housing 27%, food 21%, transport 17%, leisure 12%, health and other 23%\n- Country D: 1,500 dollars; housing 22%, food 29%, transport 15%, leisure 9%, health and other 25%\n\nSummarise the information by selecting the main features, and make comparisons where relevant.\n\nWrite at least 150 words.",
    sample_answer:
      "The table compares the average monthly spending of households in four countries and the way in which it was divided among five categories.\n\nOverall, there is a clear link between total spending and its composition. The more households spent, the larger the share that went on housing and leisure, and the smaller the share devoted to food.\n\nCountry A had by far the highest expenditure, at 4,200 dollars a month, over four and a half times the figure for Country B (900 dollars). Housing was the biggest item in Country A, at 34 per cent, and in Country C, at 27 per cent. In Countries B and D, by contrast, food came first, absorbing 38 and 29 per cent of the budget. In absolute terms, however, families in Country A still spent more on food: about 590 dollars, as opposed to roughly 340 in Country B.\n\nLeisure ranged from a mere 6 per cent in Country B to 18 per cent in Country A. Transport was the exception to the general pattern, since it peaked in Country C (17 per cent) rather than in the wealthiest country. Health and other costs varied little.",
    keywords: [
      "composition",
      "devoted to",
      "expenditure",
      "absorbing",
      "in absolute terms",
      "as opposed to",
      "ranged from",
      "peaked",
    ],
    estimated_time: 20,
  },

  // ----- Writing, general training task 1: letters with three points to cover -----
  {
    question_id: "w1g-001",
    assessment_type: "writing_task1_general",
    difficulty: "easy",
    topic: "housing",
    question_text:
      "You rent a flat and would like to paint one of the rooms and put up some shelves.\n\nWrite a letter to your landlord. In your letter\n- describe the changes you want to make\n- explain why you would like to make them\n- say how you will make sure that the flat is not damaged\n\nWrite at least 150 words. Begin your letter: Dear Mr Haddad,",
    sample_answer:
      "Dear Mr Haddad,\n\nI have now been living in your flat at 12 Orchard Street for a year and am very happy here. I am writing to ask for your permission to make two small changes to the second bedroom.\n\nFirstly, I would like to paint the walls, which are dark brown at the moment, in a pale cream colour. Secondly, I would like to put up three wooden shelves above the desk.\n\nThe reason is that I am going to work from home from next month, and the room will be my office. It gets little daylight, so a lighter colour would make it much more pleasant, and I have nowhere to keep my books and files.\n\nPlease be assured that the work would be done carefully. My brother, who is a professional decorator, has offered to do it, and we would cover the floor and furniture beforehand. I would pay for all the materials myself. When I move out, I will remove the shelves, fill in the holes and repaint the walls if you wish.\n\nI hope that you will agree to this.\n\nYours sincerely,\nNadia Petrova",
    keywords: ["permission", "put up", "work from home", "daylight", "professional decorator", "materials", "repaint"],
    estimated_time: 20,
  },
  {
    question_id: "w1g-002",
    assessment_type: "writing_task1_general",
    difficulty: "easy",
    topic: "people",
    question_text:
      "A friend who moved abroad two years ago is coming back to your town for a short visit.\n\nWrite a letter to your friend. In your letter\n- say how you feel about the visit\n- tell your friend what has changed in the town\n- suggest something that you could do together\n\nWrite at least 150 words. Begin your letter: Dear Sami,",
    sample_answer:
      "Dear Sami,\n\nI was over the moon when I read your message! I can't believe that it's been two whole years since we waved you off at the airport, and I've already crossed out that weekend in my diary.\n\nYou'll hardly recognise the place. Do you remember the old cinema where we used to sneak in without paying? It's been turned into a climbing centre, of all things. They've also planted trees all along the high street and closed it to traffic, so you can sit outside without choking on exhaust fumes. The good news is that our favourite noodle bar hasn't changed a bit, and the owner still asks after you.\n\nI was thinking that we could hire bikes on the Saturday and follow the new path round the lake. It takes about three hours, and there's a lovely spot halfway where we could have a picnic. In the evening I'd like to get the old gang together at my flat, if you're not too tired.\n\nLet me know what time your train gets in and I'll pick you up.\n\nSee you soon,\nLeila",
    keywords: [
      "over the moon",
      "hardly recognise",
      "turned into",
      "hasn't changed a bit",
      "asks after you",
      "get the old gang together",
      "pick you up",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1g-003",
    assessment_type: "writing_task1_general",
    difficulty: "medium",
    topic: "work",
    question_text:
      "Your employer recently sent you on a two-day training course, and the training manager has asked for your opinion of it.\n\nWrite a letter to the training manager. In your letter\n- say which part of the course was most useful to you\n- describe something that did not work well\n- recommend how the course could be improved for other staff\n\nWrite at least 150 words. Begin your letter: Dear Mrs Adeyemi,",
    sample_answer:
      "Dear Mrs Adeyemi,\n\nThank you for arranging my place on the customer service course on 14 and 15 March. You asked for some feedback, which I am happy to provide.\n\nThe most beneficial part was undoubtedly the role play on the first afternoon. We took turns to deal with angry callers while the trainer listened in, and her comments on my tone of voice were extremely valuable. I have already put them into practice, and I feel far more confident when a conversation becomes tense.\n\nThe second morning was, unfortunately, less successful. It consisted of a three-hour lecture on company law, most of which had little relevance to our daily duties. There was hardly any time for questions, and several participants were visibly losing interest.\n\nI would recommend replacing the lecture with a one-page summary that could be sent out in advance. The time saved could then be used for further practical exercises, ideally based on real cases from our own department. It might also be worth limiting each group to ten people.\n\nI hope that these suggestions are helpful.\n\nYours sincerely,\nJonas Weber",
    keywords: [
      "feedback",
      "beneficial",
      "role play",
      "put them into practice",
      "little relevance",
      "participants",
      "in advance",
      "practical exercises",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1g-004",
    assessment_type: "writing_task1_general",
    difficulty: "medium",
    topic: "travel",
    question_text:
      "You went on a guided walking holiday that was not what the tour company had promised.\n\nWrite a letter to the company. In your letter\n- give details of the holiday you booked\n- explain in what ways it was different from the description\n- say what you would like the company to do\n\nWrite at least 150 words. Begin your letter: Dear Sir or Madam,",
    sample_answer:
      "Dear Sir or Madam,\n\nI am writing to express my disappointment with the walking holiday in the Verano Hills that my wife and I took from 2 to 8 June (booking reference VH208).\n\nYour brochure described the tour as suitable for beginners, with an experienced guide and groups of no more than eight. The reality was very different. There were seventeen of us, so the guide could seldom be heard, and it emerged that he had started the job only that week. On two occasions he lost his way. Moreover, several of the routes were so steep that my wife, who has a knee problem, had to stay behind at the hotel for two full days. Had we been told how demanding the walks were, we would have chosen a different tour.\n\nIn view of this, I believe that we are entitled to a partial refund, and I suggest half of the 1,400 dollars that we paid. I would also urge you to correct the brochure, so that other customers are not misled.\n\nI look forward to receiving your response within the next two weeks.\n\nYours faithfully,\nIvan Marchetti",
    keywords: [
      "express my disappointment",
      "booking reference",
      "brochure",
      "suitable for beginners",
      "demanding",
      "entitled to",
      "partial refund",
      "misled",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1g-005",
    assessment_type: "writing_task1_general",
    difficulty: "easy",
    topic: "culture",
    question_text:
      "A small museum in your town is looking for volunteers to help visitors at weekends.\n\nWrite a letter to the director of the museum. In your letter\n- say why you are interested in helping\n- describe any skills or experience that would be useful\n- say when you could come and ask a question about the work\n\nWrite at least 150 words. Begin your letter: Dear Dr Silva,",
    sample_answer:
      "Dear Dr Silva,\n\nI saw your notice in the library about weekend volunteers, and I would very much like to join your team.\n\nI have been a regular visitor to the museum since I was a child, when my grandmother used to take me to see the model ships. Your collection taught me most of what I know about local history, and I would love to share that enthusiasm with other people. I am also thinking of a career in tourism, so the experience would be extremely useful to me.\n\nI believe that I have some relevant skills. I speak fluent Spanish and some German, which could be helpful with foreign visitors, and I have worked part-time in a bookshop for two years. As a result, I am used to answering questions politely and handling money.\n\nI am free every Saturday and on the first Sunday of each month, and I could start at any time. Could you tell me whether volunteers are given any training before they begin?\n\nI would be glad to come in for an informal chat.\n\nYours sincerely,\nCamila Rojas",
    keywords: [
      "volunteers",
      "regular visitor",
      "collection",
      "local history",
      "enthusiasm",
      "relevant skills",
      "training",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1g-006",
    assessment_type: "writing_task1_general",
    difficulty: "medium",
    topic: "sport",
    question_text:
      "Your local swimming pool is going to close on weekday mornings to save money.\n\nWrite a letter to the manager of the pool. In your letter\n- explain how you and other people use the pool in the mornings\n- describe the effect that the closure would have\n- propose another way of saving or raising money\n\nWrite at least 150 words. Begin your letter: Dear Ms Novak,",
    sample_answer:
      "Dear Ms Novak,\n\nI was concerned to learn that the pool is to close on weekday mornings from January, and I am writing to ask you to reconsider.\n\nI swim before work three times a week, as do about thirty other early risers. After eight o'clock the pool is used by the over-sixties exercise class, and later in the morning by two primary schools, so it is rarely empty.\n\nClosing it would have serious consequences for all of us. Commuters like me would have to swim in the evening, when the lanes are already overcrowded, or more probably give up altogether. For the older members, the class is as much a social occasion as a form of exercise. Worse still, many children would miss the chance to learn to swim.\n\nI fully understand that heating costs have risen, but there may be alternatives. Most regulars, in my opinion, would accept a slightly higher membership fee. You could also hire out the pool for private parties on Sunday evenings, or ask local firms to sponsor a lane.\n\nI would be happy to help to organise a fundraising event.\n\nYours sincerely,\nOwen Clarke",
    keywords: [
      "reconsider",
      "early risers",
      "serious consequences",
      "overcrowded",
      "membership fee",
      "sponsor",
      "fundraising event",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1g-007",
    assessment_type: "writing_task1_general",
    difficulty: "hard",
    topic: "family",
    question_text:
      "You want to take your ten-year-old child out of school for a week in term time because of an important family event in another country. The school does not normally allow this.\n\nWrite a letter to the head teacher. In your letter\n- describe the event and explain why the dates cannot be changed\n- show that you understand the reasons for the school's rule\n- say how your child will keep up with the work that is missed\n\nWrite at least 150 words. Begin your letter: Dear Mr Bianchi,",
    sample_answer:
      "Dear Mr Bianchi,\n\nI am writing to request leave of absence for my daughter Amara, in class 5B, from 10 to 14 November.\n\nMy parents will be celebrating their fiftieth wedding anniversary in Ghana that week. Relatives from four continents will be present, and given my father's failing health it is likely to be the last gathering of its kind. As the ceremony marks the exact date of the wedding, it cannot be postponed until the school holidays.\n\nI appreciate that the school discourages absence in term time, and I consider the policy a sound one: even a few missed days can unsettle a child and create extra work for teachers. We have never made such a request before.\n\nTo minimise any disruption, Amara's teacher has kindly agreed to let us have the week's exercises in advance, and my sister, who teaches mathematics, will supervise her for an hour each morning. Amara also hopes to give her classmates a short talk about the trip on her return.\n\nI would be grateful if you could treat this as an exceptional case.\n\nYours sincerely,\nEfua Mensah",
    keywords: [
      "leave of absence",
      "wedding anniversary",
      "postponed",
      "term time",
      "a sound one",
      "minimise any disruption",
      "supervise",
      "exceptional case",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1g-008",
    assessment_type: "writing_task1_general",
    difficulty: "hard",
    topic: "media",
    question_text:
      "A local newspaper has published an article about the street market near your home, and you believe that it gave a false picture.\n\nWrite a letter to the editor. In your letter\n- say which article you are writing about and what was wrong with it\n- give accurate information about the market\n- say what you think the newspaper should do now\n\nWrite at least 150 words. Begin your letter: Dear Editor,",
    sample_answer:
      "Dear Editor,\n\nI was dismayed by your article of 18 April, headlined 'Market of misery', which portrayed the Tanner Street market as dirty, dangerous and all but abandoned. As someone who has lived opposite it for fifteen years, I found the piece both inaccurate and unfair.\n\nYour reporter claimed that half of the stalls stand empty. In fact, fifty-two of the sixty are let, and there is a waiting list for Saturdays. The photograph of piles of rubbish was evidently taken after closing time, shortly before the cleaners arrive; by eight each evening the street is spotless. As for crime, figures that are freely available from the police show that only three thefts were reported there last year, fewer than in the shopping centre.\n\nMost regrettably, not a single trader appears to have been interviewed. These are people whose livelihoods depend on their reputation, and they deserve the right of reply.\n\nI therefore urge you to publish a correction as prominently as the original article, and to send a reporter back on a Saturday morning. I should be delighted to show him or her around.\n\nYours faithfully,\nPriya Raman",
    keywords: [
      "dismayed",
      "portrayed",
      "inaccurate",
      "waiting list",
      "livelihoods",
      "reputation",
      "right of reply",
      "publish a correction",
    ],
    estimated_time: 20,
  },
  {
    question_id: "w1g-009",
    assessment_type: "writing_task1_general",
    difficulty: "hard",
    topic: "money",
    question_text:
      "Water from a burst pipe has damaged your home, and your insurance company has offered to pay only a small part of what you claimed.\n\nWrite a letter to the company. In your letter\n- remind the company of the damage and of your claim\n- explain why you do not accept its reasons for paying less\n- say what evidence you can provide and what you want to happen next\n\nWrite at least 150 words. Begin your letter: Dear Sir or Madam,",
    sample_answer:
      "Dear Sir or Madam,\n\nClaim number 77-3104\n\nI refer to your letter of 2 February, in which you offer 600 dollars in settlement of my claim for 3,850 dollars. I am unable to accept this offer.\n\nAs I reported at the time, a pipe in the ceiling of my kitchen burst on the night of 5 January. By the time I could shut off the water, it had ruined the wooden floor, two cupboards and the refrigerator.\n\nYou maintain that the damage resulted from poor maintenance and is therefore largely excluded from my policy. This is simply not the case. The plumbing was inspected by a qualified engineer only last October and no defect was found. Furthermore, section 4 of the policy expressly covers damage caused by frost, and the temperature that night fell to minus eleven degrees.\n\nI enclose copies of the inspection certificate, photographs and two repair estimates. I would ask you to reassess the claim in the light of this evidence and, if any doubt remains, to send an independent assessor to my home. I trust that the matter can be resolved by the end of this month.\n\nYours faithfully,\nMilan Horvat",
    keywords: [
      "in settlement of",
      "burst",
      "poor maintenance",
      "excluded from",
      "qualified engineer",
      "expressly covers",
      "repair estimates",
      "independent assessor",
    ],
    estimated_time: 20,
  },

  // ----- Writing, task 2: essays -----
  {
    question_id: "w2-001",
    assessment_type: "writing_task2",
    difficulty: "easy",
    topic: "education",
    question_text:
      "Some people believe that schools should spend less time on academic subjects and more time on practical skills such as cooking, budgeting and basic repairs.\n\nTo what extent do you agree or disagree?\n\nSupport your view with reasons and examples. Write at least 250 words.",
    sample_answer:
      "There is a growing feeling that pupils leave school knowing plenty of theory but unable to boil an egg or plan a budget. Although I agree that practical skills deserve a place in the timetable, I do not think that academic subjects should be cut back very far to make room for them.\n\nThe case for practical lessons is a strong one. Every adult has to eat, manage money and look after a home, and not every child can learn these things from a parent. In families where adults work long hours or have debts themselves, school may be the only place where such skills can be picked up. A teenager who has been taught how interest works, for example, is less likely to borrow money carelessly later on.\n\nNevertheless, academic subjects give young people something that is much harder to acquire on their own. It is possible to learn to cook from a video at the age of twenty-five, but very few people teach themselves mathematics or a science at that stage, and without such knowledge many careers are closed to them. Literature and history, moreover, develop judgement, which is useful in every walk of life.\n\nIn my view, the best solution is to connect the two. Budgeting can be taught as part of mathematics and nutrition as part of biology, while one afternoon a week could be set aside for cooking and repairs. In this way, pupils would become more independent without sacrificing the academic foundation on which their future choices depend.",
    keywords: [
      "practical skills",
      "timetable",
      "manage money",
      "acquire",
      "careers",
      "judgement",
      "independent",
      "academic foundation",
    ],
    estimated_time: 40,
  },
  {
    question_id: "w2-002",
    assessment_type: "writing_task2",
    difficulty: "medium",
    topic: "technology",
    question_text:
      "In a growing number of places, shops and transport services no longer accept cash, and customers have to pay by card or phone.\n\nDo the advantages of this development outweigh the disadvantages?\n\nSupport your view with reasons and examples. Write at least 250 words.",
    sample_answer:
      "Cash is disappearing from everyday life, and in some cities it is already impossible to take a bus or buy a coffee with coins. While electronic payment is undeniably efficient, I believe that abolishing cash altogether causes more problems than it solves.\n\nThe benefits are easy to see. Paying by phone takes seconds, which shortens queues and allows buses to keep to their schedules. Businesses no longer have to count, store and transport large sums, so they are less attractive to thieves. Electronic transactions also leave a record, which makes it easier for customers to monitor their spending and harder for dishonest traders to evade tax.\n\nThese advantages, however, are not shared by everyone. Elderly people, visitors from abroad and those on low incomes may have no bank account or suitable phone, and they are in effect shut out when a shop refuses their money. A second concern is resilience. When a payment network failed for several hours in my country last year, supermarkets with no means of accepting cash simply had to close their doors. Finally, a society in which every purchase is recorded gives banks and technology companies an intimate picture of people's private lives, and that information can be misused or stolen.\n\nIn conclusion, cashless payment is a welcome option but a poor obligation. Its gains in speed and security can be enjoyed while notes and coins remain valid, whereas the exclusion and vulnerability that result from removing them cannot easily be put right. For that reason, I consider that the drawbacks are greater.",
    keywords: [
      "electronic payment",
      "abolishing cash",
      "transactions",
      "evade tax",
      "shut out",
      "resilience",
      "cashless",
      "exclusion",
      "vulnerability",
    ],
    estimated_time: 40,
  },
  {
    question_id: "w2-003",
    assessment_type: "writing_task2",
    difficulty: "hard",
    topic: "environment",
    question_text:
      "Some people propose a tax on air travel that becomes higher with each flight a person takes in a year. Others argue that it would be better to leave passengers alone and to make airlines develop cleaner aircraft.\n\nDiscuss both views and give your own opinion.\n\nSupport your view with reasons and examples. Write at least 250 words.",
    sample_answer:
      "Aviation is among the fastest-growing sources of greenhouse gases, yet there is little consensus on how to curb it. Whereas some would penalise frequent flyers through an escalating tax, others would place the burden on airlines. In my opinion, the former measure is needed now precisely because the latter will take so long.\n\nAdvocates of an escalating tax point out that flying is distributed remarkably unevenly: a small, affluent minority takes most of the flights, while many people never board a plane. A charge that is negligible for an annual holiday but substantial for a tenth weekend break would therefore target those who do the most damage, without depriving ordinary families of a rare luxury. It would also raise revenue for alternatives such as night trains.\n\nOpponents counter that taxing behaviour treats the symptom rather than the cause. Wealthy travellers may simply absorb the cost, and those with relatives overseas could be punished unfairly. If regulators obliged manufacturers to meet strict emission limits, they argue, every journey would become cleaner, whoever was on board. The history of the motor car lends some support to this, since exhaust standards achieved what appeals to drivers never did.\n\nThe difficulty lies in timing. Aircraft remain in service for decades, and no low-carbon design is close to carrying hundreds of passengers across an ocean. Demand must consequently be restrained in the meantime. I would favour introducing the tax immediately, with allowances for family emergencies, and investing the proceeds in the very research that may one day make it unnecessary.",
    keywords: [
      "greenhouse gases",
      "consensus",
      "escalating tax",
      "affluent minority",
      "raise revenue",
      "emission limits",
      "low-carbon",
      "restrained",
      "proceeds",
    ],
    estimated_time: 40,
  },
  {
    question_id: "w2-004",
    assessment_type: "writing_task2",
    difficulty: "medium",
    topic: "work",
    question_text:
      "Many people looking for a job today care more about flexible working hours than about a high salary.\n\nWhy is this the case? Do you think it is a positive or a negative development?\n\nSupport your view with reasons and examples. Write at least 250 words.",
    sample_answer:
      "A generous salary used to be the main thing that attracted applicants to a post, but nowadays many of them ask first about flexibility. This essay will examine the reasons for the shift and argue that it is largely a positive one.\n\nThe most important cause is the change in family life. In the past one partner often stayed at home, whereas today both usually work, so somebody has to be free to collect a child from school or take a parent to the doctor. An extra few hundred dollars cannot buy that freedom. In addition, people have discovered that working long hours has hidden costs, such as stress and expensive childcare, which cancel out part of a higher wage. Technology has played a role as well, since tasks that once required an office can now be performed anywhere and at any time.\n\nOn the whole, I welcome this trend. Employees who have some control over their day tend to be healthier and more loyal, which benefits companies too. It also opens the labour market to people who were previously excluded from it, including carers and those with disabilities. There is admittedly a risk that the boundary between work and private life becomes blurred, and that some staff end up answering messages at midnight. However, this can be prevented by clear agreements about when a person is expected to be available.\n\nTo sum up, flexibility has become precious because modern lives are complicated. As long as it is managed sensibly, it improves the lives of workers without harming their employers.",
    keywords: [
      "applicants",
      "flexibility",
      "hidden costs",
      "childcare",
      "labour market",
      "excluded from",
      "carers",
      "boundary",
      "blurred",
    ],
    estimated_time: 40,
  },
  {
    question_id: "w2-005",
    assessment_type: "writing_task2",
    difficulty: "medium",
    topic: "health",
    question_text:
      "In many countries most of the health budget is spent on treating illness, and very little on preventing it.\n\nWhat are the reasons for this, and what could be done to change it?\n\nSupport your view with reasons and examples. Write at least 250 words.",
    sample_answer:
      "It is generally accepted that preventing a disease is better than curing it, and yet health systems devote the bulk of their resources to patients who are already ill. There are political and practical explanations for this imbalance, but it could be corrected.\n\nOne reason is that treatment is visible whereas prevention is not. A politician can be photographed opening a new hospital, but nobody can point to the heart attack that never happened. The rewards of prevention, moreover, often take twenty years to appear, by which time a different government will be in power. A further factor is urgency: when people are in pain, they must be helped at once, so money that was intended for long-term programmes is easily diverted to emergencies.\n\nSeveral measures could improve the situation. To begin with, a fixed share of the budget, perhaps a tenth, could be reserved by law for prevention and protected from short-term cuts. Governments might also pay doctors for keeping patients well, for instance through regular check-ups and vaccination, instead of for each consultation. Lastly, many causes of illness lie outside the hospital altogether. Cleaner air, safe places to walk and healthier school meals would do more for public health than any medicine, and so health experts should have a voice when cities and schools are planned.\n\nIn conclusion, prevention is neglected because its results are slow and hard to see. If funding were guaranteed and other ministries were involved, fewer people would need treatment in the first place, and hospitals would benefit as well.",
    keywords: [
      "bulk of their resources",
      "imbalance",
      "prevention",
      "diverted",
      "short-term cuts",
      "check-ups",
      "vaccination",
      "public health",
      "neglected",
    ],
    estimated_time: 40,
  },
  {
    question_id: "w2-006",
    assessment_type: "writing_task2",
    difficulty: "hard",
    topic: "culture",
    question_text:
      "Museums should return works of art and historical objects to the countries from which they were taken, even if this means that fewer people will see them.\n\nTo what extent do you agree or disagree?\n\nSupport your view with reasons and examples. Write at least 250 words.",
    sample_answer:
      "Few questions divide the museum world as bitterly as that of restitution. I agree that objects which were looted or obtained under duress ought to be handed back, irrespective of visitor numbers, but I would stop short of extending the principle to everything that has ever crossed a border.\n\nWhere an artefact was seized in war or under colonial rule, the argument for its return is essentially a moral one. Possession founded on theft does not become legitimate with the passage of time, and a large audience does not make it so. Such objects, furthermore, are frequently more than decoration. A royal throne or an ancestral carving may still have ceremonial significance in its community of origin, and behind glass, thousands of kilometres away, it is stripped of that meaning.\n\nThe opposing case deserves a hearing all the same. Encyclopaedic museums allow visitors to compare civilisations under one roof, and many of their holdings were bought fairly or received as gifts. To return these as well would empty galleries without righting any wrong. Concerns about conservation, although sometimes patronising, can also be genuine where a region is unstable.\n\nNevertheless, the claim that fewer people would benefit seems to me the weakest objection. It overlooks the millions who cannot afford to visit a distant capital in order to see their own heritage, and it ignores the possibilities of loans, touring exhibitions and faithful replicas.\n\nOn balance, the history of each acquisition, and not its popularity, should be decisive: what was taken by force should go home.",
    keywords: [
      "restitution",
      "looted",
      "artefact",
      "colonial rule",
      "legitimate",
      "ceremonial significance",
      "conservation",
      "heritage",
      "acquisition",
    ],
    estimated_time: 40,
  },
  {
    question_id: "w2-007",
    assessment_type: "writing_task2",
    difficulty: "easy",
    topic: "family",
    question_text:
      "In some countries more and more adults in their twenties and thirties still live with their parents.\n\nDo the advantages of this outweigh the disadvantages?\n\nSupport your view with reasons and examples. Write at least 250 words.",
    sample_answer:
      "It used to be normal to leave home soon after finishing school, but in many countries adults now stay with their parents for ten years longer. This can cause difficulties, yet I believe that the advantages are greater.\n\nThe main benefit is financial. Rents have risen much faster than wages, and a young person who lives alone may spend half of his or her income on a small room. By sharing a home, adult children can save for a deposit of their own, pay off student loans or study further. Their parents gain as well, because the bills can be divided among more people.\n\nLiving together also makes family ties stronger. Adult children can help parents with shopping, technology or health problems, and in return they receive advice and company. In my own street, for example, a woman of thirty lives with her mother, who looks after her baby while she works. Without this arrangement, one of them would be lonely and the other could not keep her job.\n\nOf course, there are some disadvantages. Young adults may become too dependent if their parents still cook and clean for them, and there is often a lack of privacy, which leads to arguments. However, these problems are not very serious if everyone agrees on clear rules and shares the housework.\n\nIn conclusion, while living with parents can limit a young person's independence, it saves money and allows the generations to support each other. For these reasons, I consider it a sensible choice for many families.",
    keywords: [
      "leave home",
      "rents",
      "save for a deposit",
      "family ties",
      "arrangement",
      "dependent",
      "lack of privacy",
      "independence",
      "generations",
    ],
    estimated_time: 40,
  },
  {
    question_id: "w2-008",
    assessment_type: "writing_task2",
    difficulty: "medium",
    topic: "media",
    question_text:
      "Many people today read only the headlines of news stories and share them without reading any further.\n\nWhat problems does this cause, and how could they be reduced?\n\nSupport your view with reasons and examples. Write at least 250 words.",
    sample_answer:
      "With hundreds of stories competing for attention on a small screen, it is hardly surprising that many readers go no further than the headline. This habit has harmful effects on individuals and on society, but there are practical ways of limiting them.\n\nThe most obvious problem is misinformation. A headline is designed to attract attention, so it tends to leave out the details that would make a story less exciting. Somebody who reads that a certain food causes cancer, for example, may never learn that the study involved only twenty mice. When such a headline is shared, the error spreads far more quickly than any correction can. A related danger is polarisation. Short, emotional statements encourage readers to take sides immediately, and debates on complex issues such as immigration become both angrier and less informed.\n\nOne remedy lies with the platforms themselves. A simple message asking users whether they would like to open an article before sharing it would make a good many of them hesitate. Publishers could help too, by placing a three-sentence summary under each headline, which would give even hurried readers a more accurate impression. In the longer term, however, education matters most. If pupils were taught at school to check sources and compare several reports of the same event, they would be less easily deceived as adults.\n\nTo conclude, reading headlines alone leaves people confident but poorly informed. Small changes in the design of websites, together with better media literacy, could persuade them to pause, read on and think before they pass a story along.",
    keywords: [
      "misinformation",
      "correction",
      "polarisation",
      "take sides",
      "platforms",
      "summary",
      "check sources",
      "deceived",
      "media literacy",
    ],
    estimated_time: 40,
  },
  {
    question_id: "w2-009",
    assessment_type: "writing_task2",
    difficulty: "hard",
    topic: "cities",
    question_text:
      "As cities grow, some planners want to house new residents in tall buildings near the centre. Others would rather build new suburbs of low houses on the edge of the city.\n\nDiscuss both views and give your own opinion.\n\nSupport your view with reasons and examples. Write at least 250 words.",
    sample_answer:
      "Urban populations are expanding almost everywhere, and planners are divided over whether cities should grow upwards or outwards. Both strategies have their merits, but I would argue that moderate density close to existing services is preferable to either extreme.\n\nThose who favour suburbs emphasise quality of life. A house with a garden offers privacy, quiet and somewhere for children to play, and many families aspire to exactly that. Land on the outskirts is, moreover, considerably cheaper, so that first-time buyers may be able to afford a home that would be beyond them in the centre.\n\nProponents of high-rise housing reply that these savings are deceptive. Every new suburb requires roads, pipes and schools, the cost of which falls on taxpayers, and residents who depend on their cars face long commutes that pollute the air and erode their leisure. Sprawl also swallows farmland and natural habitats that can never be recovered. Concentrating people near jobs and transport, by contrast, makes it economical to run frequent trains and to heat buildings efficiently.\n\nNeither side, in my view, is wholly convincing. Isolated towers can be as alienating as remote estates, particularly when parks and shops are treated as an afterthought. Districts of five or six storeys, built around courtyards and served by trams, achieve nearly the same density while preserving a human scale.\n\nIn conclusion, although I accept the appeal of suburban living, its long-term costs are too great to ignore. Cities should build more compactly, provided that they invest equally in the green spaces and amenities which make density tolerable.",
    keywords: [
      "density",
      "outskirts",
      "first-time buyers",
      "high-rise housing",
      "commutes",
      "sprawl",
      "natural habitats",
      "human scale",
      "amenities",
    ],
    estimated_time: 40,
  },
  {
    question_id: "w2-010",
    assessment_type: "writing_task2",
    difficulty: "easy",
    topic: "sport",
    question_text:
      "Some parents encourage their children to concentrate on one sport from an early age. Other people think that children should try many different sports.\n\nDiscuss both views and give your own opinion.\n\nSupport your view with reasons and examples. Write at least 250 words.",
    sample_answer:
      "Parents who see that a child is good at sport often wonder whether he or she should specialise early. Although there are good arguments on both sides, I believe that most children gain more from trying a wide range of activities.\n\nThose who support early specialisation say that success needs thousands of hours of practice. In sports such as gymnastics, where athletes reach their best age while they are still young, a late start may make it impossible to compete at a high level. In addition, a child who works hard at one thing learns discipline and enjoys the satisfaction of making steady progress.\n\nOn the other hand, concentrating on a single sport has serious risks. Repeating the same movements can injure a growing body, and many young players lose interest before they are adults because training has become a duty and not a pleasure. Children who try several sports develop different skills, such as balance, speed and teamwork, which often help them later if they decide to specialise. They also meet more people and have a better chance of finding a form of exercise that they will enjoy for life. My brother, for instance, played football, swam and did judo before he discovered rowing at sixteen, and he still rows today.\n\nIn conclusion, early specialisation may suit a few exceptionally talented children in certain sports. For the great majority, however, variety is healthier and more enjoyable, and parents should let children choose their favourite sport when they are ready.",
    keywords: [
      "specialise",
      "discipline",
      "steady progress",
      "injure",
      "lose interest",
      "teamwork",
      "talented",
      "variety",
    ],
    estimated_time: 40,
  },
];
