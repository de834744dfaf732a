"""Arabic, Japanese, Korean and Turkish."""

from __future__ import annotations

from app.core.clause_rules import ClauseRules
from app.core.clause_words.word_lists import SIGNS, words

ARABIC = ClauseRules(
    language="ar",
    openers=words(
        "و أو لكن ولكن لأن لأنه لأنها لأنني ثم عندما إذا حيث الذي التي الذين بينما حتى أن إن فإن وإذا وعندما كما "
        "بعدما لذلك ولذلك"
    ),
    joined_opener="و",
    not_joined=words(
        "واحد واحدا واحدة واحدةً وحده وحدها وحدي وحدهم واضح واضحة واضحا واسع واسعة وزارة وزير وزيرة وزراء "
        "وقود وقت وقتا وقتي وسط وسطى وسيلة وسائل وجه وجهة وجد وجدت وجدنا وجبة وجود وصل وصلت وصلني وصول وصف "
        "وصفة وضع وضعت وضعية ولد ولدت ولادة ولاية وثيقة وثائق وزن وطن وطني وطنية وظيفة وفاة وفد وفق وفقا ورق "
        "ورقة وردة ورشة وعد وقع وقعت وقف وكالة وكيل ودي واجب والد والدة والدي والدتي والدها والده وافق وافقت "
        "واقع وارد واتساب وهم وهمي"
    ),
    phrase_starters=words(
        "في من إلى على عن مع بدون خلال بين حول منذ لدى عند تحت فوق ضد هذا هذه ذلك تلك كل بعض أي وفي ومن وعلى قبل بعد"
    ),
    unfinished=words("لا لم لن ما ليس ليست غير أنا أنت هو هي نحن هم قد سوف كان كانت يا جدا رقم اسمي هل"),
    titles=words("د أ السيد السيدة"),
    number_parts=words(
        "صفر واحد واحدة اثنان اثنين اثنتان ثلاث ثلاثة أربع أربعة خمس خمسة ست ستة سبع سبعة ثمان ثماني ثمانية تسع تسعة "
        "عشر عشرة عشرون عشرين ثلاثون ثلاثين أربعون أربعين خمسون خمسين ستون ستين سبعون سبعين ثمانون ثمانين تسعون تسعين "
        "مئة مائة مئتان مئتين ألف ألفين آلاف مليون ملايين و نصف ربع"
    ),
    span_words=words(
        "يناير فبراير مارس أبريل إبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر الاثنين الثلاثاء الأربعاء "
        "الخميس الجمعة السبت الأحد يورو دولار دولارات درهم دراهم دينار ريال جنيه سنت ساعة ساعات دقيقة دقائق صباحا مساء "
        "كيلو متر كيلومتر بالمئة نقطة فاصلة شرطة",
        SIGNS,
    ),
    span_links=words("و فاصلة نقطة من"),
    letter_words=words("و"),
    answers=words("نعم لا أجل طيب حسنا تمام صحيح شكرا مرحبا أهلا بالطبع"),
    fillers=words("آه أه يعني اه"),
)

JAPANESE = ClauseRules(
    language="ja",
    answers=words("はい いいえ ええ そうです わかりました もしもし"),
    fillers=words("あの えっと ええと その まあ"),
    extra_wait_ms=3000,
)

KOREAN = ClauseRules(
    language="ko",
    openers=words("그리고 그런데 하지만 그래서 그러나 왜냐하면 또는"),
    answers=words("네 예 아니요 아니오 맞아요 알겠습니다 여보세요"),
    fillers=words("음 어 그 저"),
    extra_wait_ms=3000,
)

TURKISH = ClauseRules(
    language="tr",
    openers=words("ve veya ama fakat çünkü ancak ki eğer yani sonra ayrıca"),
    phrase_starters=words("bir bu şu o her bazı"),
    unfinished=words("çok daha en değil ben sen biz siz onlar"),
    titles=words("dr prof sn no"),
    number_parts=words(
        "sıfır bir iki üç dört beş altı yedi sekiz dokuz on yirmi otuz kırk elli altmış yetmiş seksen doksan yüz bin "
        "milyon yarım buçuk"
    ),
    span_words=words(
        "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık pazartesi salı çarşamba perşembe "
        "cuma cumartesi pazar euro lira dolar kuruş saat dakika yüzde virgül nokta",
        SIGNS,
    ),
    span_links=words("virgül nokta"),
    letter_words=words("o"),
    answers=words("evet hayır tamam peki doğru teşekkürler merhaba alo"),
    fillers=words("şey ıı hani yani"),
    extra_wait_ms=3000,
)
